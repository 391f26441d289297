"""The board that is configured like CircuitPython: its serial port, its drive, its memory."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest
from helpers.boards import built
from helpers.link import CONFIG, clean_run, flash_with, hand_made_model, samples
from helpers.paths import PROJECT
from helpers.tiny import tiny_model
from tinycl_rt.link import protocol as p
from typer.testing import CliRunner

from tinycl.boards import EmulatedBoard, start
from tinycl.boards.micropython import CircuitPythonBoard
from tinycl.cli import app
from tinycl.link import Refused, connect, open_transport

MODEL = hand_made_model()
IMAGES, LABELS = samples(60)
CLASSES = sorted({int(y) for y in LABELS})


@pytest.fixture
def flash(tmp_path: Path) -> Path:
    built("circuitpython")
    return flash_with(MODEL, tmp_path / "flash")


def learned(board: EmulatedBoard, first: int, last: int) -> list[bool]:
    """Teach samples; whether each one's reply said that it is in RAM only."""
    some = zip(IMAGES[first:last], LABELS[first:last], strict=True)
    with connect(board.port) as client:
        if not first:
            client.reset(CONFIG)
            client.begin(0, CLASSES, len(IMAGES))
        return [progress.unsaved for progress in client.learn_many(0, first, some)]


def test_it_learns_saves_and_goes_on_after_a_pulled_plug(flash: Path) -> None:
    with start("circuitpython", flash=flash) as board:
        assert not any(learned(board, 0, 60)[:-1])
        with connect(board.port) as client:
            client.save()
        board.restart()
        with connect(board.port) as client:
            info = client.info()
            assert info.platform.startswith("circuitpython")
            assert (info.backend, info.uid, info.position) == ("reference", "c17c0001", 60)
            client.end(0, 60)
            assert client.info().state == clean_run(MODEL, IMAGES, LABELS).fingerprint()


@pytest.mark.parametrize("setting", ["TINYCL_SAVE = 0", 'TINYCL_SAVE = "0"'])
def test_a_drive_that_the_computer_has_takes_no_state(flash: Path, setting: str) -> None:
    (flash / "settings.toml").write_text(f"# of the board\n{setting}\n")
    with start("circuitpython", flash=flash) as board:
        assert all(learned(board, 0, 30))
        with connect(board.port) as client:
            with pytest.raises(Refused, match="the files are read-only") as refused:
                client.save()
            assert refused.value.code == p.STORAGE and "storage.remount" in refused.value.reason
        assert all(learned(board, 30, 60))
        with connect(board.port) as client:
            info = client.info()
            assert info.unsaved and "storage.remount" in info.warning
            client.end(0, 60)
            assert client.info().state == clean_run(MODEL, IMAGES, LABELS).fingerprint()
            with pytest.raises(Refused, match="read-only") as refused:
                client.put_model(hand_made_model(9))
            assert refused.value.code == p.STORAGE
            assert client.info().learned == 60
    assert {file.name for file in flash.iterdir()} == {"model.tcm", "settings.toml"}


def run_code(flash: Path, code: str) -> EmulatedBoard:
    """A board whose code.py is `code`."""
    (flash / "code.py").write_text(code)
    return start("circuitpython", flash=flash)


def said(board: EmulatedBoard, sent: bytes, end: bytes) -> bytes:
    transport = open_transport(board.port)
    try:
        transport.write(sent)
        answer = b""
        while not answer.endswith(end):
            piece = transport.read(100, 10)
            assert piece, answer
            answer += piece
        return answer
    finally:
        transport.close()


_SERIAL = """
import time, usb_cdc
port = usb_cdc.data
assert port.timeout is None and port.write_timeout is None
port.write(b"?" + port.read(3))         # waits for as many as it was asked for
while port.in_waiting < 4:
    pass
port.timeout = 0.05
buffer = bytearray(6)
before = time.monotonic()
count = port.readinto(buffer)           # what came, after the time is over
waited = time.monotonic() - before
port.write(b"%d %s" % (count, bytes(buffer[:4])))
assert 0.04 < waited < 2, waited
port.timeout = 0
assert port.readinto(buffer) == 0 and port.read() == b"" and port.read(5) == b""
try:
    usb_cdc.enable(data=True)
except RuntimeError as error:
    port.write(str(error).encode())
import storage
try:
    storage.remount("/", readonly=False)
except RuntimeError as error:
    port.write(str(error).encode())
print("this goes to the console")
port.write(b".")
while True:
    pass
"""


def test_serial_port_behaves_as_documented(flash: Path) -> None:
    with run_code(flash, _SERIAL) as board:
        answer = said(board, b"abc" + b"\x03\x00\xff\x04", b"USB..")
        assert answer == (
            b"?abc4 \x03\x00\xff\x04"
            b"Cannot change USB devices nowCannot remount path when visible via USB.."
        )
        assert "this goes to the console" in (board.home / "log.txt").read_text()


_MEMORY = (PROJECT / "firmware" / "code.py").read_text().partition("while")[0]
_MEMORY += """
import gc
gc.collect()
size = 1000
try:
    while True:
        bytes(size)
        size += 1000
except MemoryError:
    print(gc.mem_free(), size)
"""


def test_what_is_imported_leaves_one_large_piece_of_the_heap(flash: Path) -> None:
    """There is no gc.threshold: without ``tidy`` the largest piece had 8 of 154 KB."""
    with run_code(flash, _MEMORY) as board:
        assert board.wait(20) == 0
        free, piece = (int(n) for n in (board.home / "log.txt").read_text().split())
    assert free > 130_000 and piece > 100_000


def test_without_boot_py_the_data_port_is_off(flash: Path) -> None:
    (flash / "boot.py").write_text("")
    with start("circuitpython", flash=flash) as board:
        assert board.wait(20) == 1
        log = (board.home / "log.txt").read_text()
    assert "usb_cdc.data is off: boot.py must call usb_cdc.enable(data=True)" in log


def test_boot_and_code_are_those_that_users_copy() -> None:
    built("circuitpython")
    lib = CircuitPythonBoard().lib
    for name in ("boot.py", "code.py"):
        assert (lib / name).read_bytes() == (PROJECT / "firmware" / name).read_bytes()


@pytest.mark.parametrize("depth", ["head", "tail:1"])
def test_a_streamed_run_ends_in_the_simulators_state(depth: str, tmp_path: Path) -> None:
    """The verbs, with data of one's own: the same fingerprint from board and simulator."""
    built("circuitpython")
    model = tmp_path / "model.tcm"
    model.write_bytes(tiny_model())
    rng = np.random.default_rng(5)
    labels = np.arange(48) % 4
    images = rng.integers(0, 90, (48, 8, 8, 1), dtype=np.uint8)
    images[np.arange(48), 2 * labels] += 150
    data = tmp_path / "data.npz"
    np.savez(data, x_train=images, y_train=labels, x_test=images[:12], y_test=labels[:12])
    words = ["--model", str(model), "--data", f"npz:{data}", "--scenario", "nc:2"]
    words += ["--replay", "20", "--seed", "3", "--learn", depth]
    verbs: dict[str, list[str]] = {
        "stream": ["--board", "circuitpython", "-o", str(tmp_path / "run")],
        "simulate": ["--save-state", str(tmp_path / "state.tcs")],
    }
    for verb, more in verbs.items():
        done = CliRunner().invoke(app, [verb, *words, *more])
        assert done.exit_code == 0, done.output
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["board"]["backend"] == "reference"
    (crc,) = struct.unpack("<I", (tmp_path / "state.tcs").read_bytes()[8:12])
    assert summary["board_fingerprint"] == f"{crc:08x}"
