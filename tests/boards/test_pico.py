"""Stock firmware of the Raspberry Pi Pico, in an emulator: flashed, taught, its plug pulled."""

from __future__ import annotations

import json
import struct
import threading
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from helpers.boards import built
from helpers.link import CONFIG, clean_run, hand_made_model, samples
from helpers.paths import PROJECT
from tinycl_rt.config import Config
from tinycl_rt.model.loader import Model
from typer.testing import CliRunner

from tinycl.boards import EmulatedBoard, bare, start
from tinycl.boards.pico import FLASH_BYTES
from tinycl.boards.registry import PICO
from tinycl.cli import app
from tinycl.compiler.fit.placement import place
from tinycl.exceptions import BoardError, LinkError
from tinycl.flash.repl import Repl
from tinycl.link import BoardClient, connect, stream_experience

MODEL = hand_made_model()
_UF2 = (0x0A324655, 0x9E5D5157)


def uf2(address: int, payload: bytes, family: int = 0xE48BFF56) -> bytes:
    """Return a UF2 file of one block."""
    head = struct.pack("<8I", *_UF2, 0x2000, address, len(payload), 0, 1, family)
    return head + payload.ljust(476, b"\0") + struct.pack("<I", 0x0AB16F30)


def flash(folder: Path, *words: str) -> dict[str, object]:
    """Run the verb; return what --json wrote."""
    report = folder / "report.json"
    given = ["flash", "--board", "pico", "--flash", str(folder), "--json", str(report), *words]
    ran = CliRunner().invoke(app, given)
    assert ran.exit_code == 0, ran.output
    return dict(json.loads(report.read_text()))


def kill_in_a_save(board: EmulatedBoard, client: BoardClient) -> None:
    """Pull the plug when the board begins to write its flash."""
    image = board.flash / "pico.img"
    before = image.read_bytes()

    def save() -> None:
        with suppress(LinkError):
            client.save()

    saving = threading.Thread(target=save)
    saving.start()
    deadline = time.monotonic() + board.patience
    while image.read_bytes() == before:
        assert time.monotonic() < deadline
        time.sleep(0.001)
    board.kill()
    saving.join()


def test_what_is_flashed_learns_like_the_simulator(tmp_path: Path) -> None:
    """Files copied over USB, a plug pulled while the board saves, the rest of the samples."""
    built("pico")
    model = tmp_path / "model.tcm"
    model.write_bytes(MODEL)
    report = flash(tmp_path, "--model", str(model))
    assert report["board"] == "Raspberry Pi Pico with RP2040" and report["arch"] == "armv6m"
    assert report["backend"] == "native" and report["verified"] is True
    assert report["place"] == "files" and int(str(report["copied"])) > 40
    images, labels = samples(20)
    with bare("pico", tmp_path) as board:
        with connect(board.port, board.patience) as client:
            client.reset(CONFIG)
            steps = stream_experience(client, 0, images, labels)
            for _ in range(12):
                next(steps)
            kill_in_a_save(board, client)
        board.start()
        with connect(board.port, board.patience) as client:
            list(stream_experience(client, 0, images, labels))
            info = client.info()
            client.bye()
        assert info.backend == "native" and info.learned == 20
        assert info.state == clean_run(MODEL, images, labels).fingerprint()
        with Repl(board.port, board.patience) as repl:
            repl.leave("import machine; machine.reset()")  # leaves the bus, and comes back
        with connect(board.port, board.patience) as client:
            assert client.info().state == info.state


def test_a_board_that_make_boards_flashed(tmp_path: Path) -> None:
    """And it runs the firmware that its flash folder has."""
    built("pico")
    board = start("pico", flash=tmp_path)
    marked = tmp_path / "marked.uf2"
    firmware = (PICO.folder / PICO.binary).read_bytes()
    at = firmware.index(b"Raspberry Pi Pico with RP2040")
    marked.write_bytes(uf2(0x10000000 + at, b"Raspberry Pi Pico of the user"))
    board = start("pico", flash=tmp_path, firmware=marked)
    with board, connect(board.port, board.patience) as client:
        info = client.hello()
        assert info.platform.endswith("Raspberry Pi Pico of the user")
        client.bye()


def test_what_is_said_to_fit_fits(tmp_path: Path) -> None:
    """Weights streamed, 120 latents, in the heap that `compile --board` computes; also later."""
    built("pico")
    data = (PROJECT / "tinycl" / "zoo" / "models" / "colour-s.tcm").read_bytes()
    config = Config(classes=10, head="cwr", replay_slots=120)
    placed = place(Model(data), PICO, config)
    with start("pico", flash=tmp_path) as board, connect(board.port, board.patience) as client:
        client.put_model(data)
        for slots in (120, 40, 0, 120):  # whatever it had before
            client.reset(Config(classes=10, head="cwr", replay_slots=slots))
        client.begin(0, classes=[0, 1], samples=2)
        for label in (0, 1):
            client.learn(0, label, np.full((32, 32, 3), 90 * label, np.uint8), label)
        client.end(0, 2)
        # What a request left behind may be taken for something until others have come.
        used = placed.heap_bytes - max(client.hello().heap_free for _ in range(3))
        client.save()
        board.restart()
        info = client.reconnect()
        client.bye()
    assert placed.weights == "streamed" and placed.heap_bytes == 246_144
    restarted = placed.heap_bytes - info.heap_free
    assert placed.need("streamed") == pytest.approx(restarted, rel=0.03)
    # Until a restart native code of the head that the board had before stays, 8 KB. So may a part
    # of the runtime that it let go: MicroPython's collector takes any word for an address, and
    # ten runs on a busy machine left 8 to 17 KB.
    assert used < restarted + 20_000
    assert info.learned == 2 and info.config is not None and info.config.replay_slots == 120


def test_a_model_of_nearly_half_the_heap_comes_by_serial(tmp_path: Path) -> None:
    """Its weights are streamed at once: no heap is lost to an attempt to keep the file in it."""
    built("pico")
    data = (PROJECT / "tinycl" / "zoo" / "models" / "colour-s2.tcm").read_bytes()
    dark, light = np.zeros((32, 32, 3), np.uint8), np.full((32, 32, 3), 200, np.uint8)
    with start("pico", flash=tmp_path) as board, connect(board.port, board.patience) as client:
        free = client.hello().heap_free
        assert free // 3 < len(data) < free // 2
        client.put_model(data)
        client.begin(0, classes=[0, 1], samples=2)
        for i, pixels in enumerate((dark, light)):
            client.learn(0, i, pixels, i)
        client.end(0, 2)
        assert [client.predict(pixels) for pixels in (dark, light)] == [0, 1]


def test_firmware_for_another_board_is_refused(tmp_path: Path) -> None:
    built("pico")
    file = tmp_path / "other.uf2"
    file.write_bytes(uf2(0x10000000 + FLASH_BYTES, b"too far"))
    with pytest.raises(BoardError, match="not for a Pico: it writes to address 0x10200000"):
        bare("pico", tmp_path, firmware=file)
    file.write_bytes(uf2(0x10000000, b"RP2350", family=0xE48BFF59))
    words = ["flash", "--board", "pico", "--flash", str(tmp_path), "--firmware", str(file)]
    ran = CliRunner().invoke(app, words)
    assert "firmware for RP2350, not for RP2040" in str(ran.exception)


def test_without_node_one_sentence_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BoardError, match=r"needs Node\.js, 18 or later"):
        bare("pico", tmp_path)
