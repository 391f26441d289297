"""The host's client against a real process behind a real pseudo-terminal."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
import tty
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from helpers.link import CONFIG, clean_run, flash_with, hand_made_model, samples
from tinycl_rt.link import protocol as p
from tinycl_rt.link.frames import REPLY, encode

from tinycl.boards.emulated import CPythonBoard
from tinycl.exceptions import BoardError, LinkError
from tinycl.link import BoardClient, Refused, connect, predict_all, stream_experience
from tinycl.link import ports as ports_module
from tinycl.link.ports import Port, find_again, find_port
from tinycl.link.transport import open_transport
from tinycl.observer import Observer

MODEL = hand_made_model()
OTHER = hand_made_model(threshold=99)
IMAGES, LABELS = samples(300)


@pytest.fixture
def board(tmp_path: Path) -> Iterator[CPythonBoard]:
    with CPythonBoard(flash_with(MODEL, tmp_path / "flash"), kernels="numpy") as running:
        yield running


class Messages(Observer):
    """Keeps what is said about a board."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def message(self, text: str) -> None:
        self.said.append(text)


class Uploads(Observer):
    """Keeps how far an upload was."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, int]] = []

    def progress(self, title: str, done: int, total: int) -> None:
        self.seen.append((done, total))


def learn_all(client: BoardClient, experience: int = 0) -> list[int | None]:
    return [s.predicted for s in stream_experience(client, experience, IMAGES, LABELS)]


def test_stream_ends_in_the_state_of_a_clean_run(board: CPythonBoard) -> None:
    with connect(board.port) as client:
        client.reset(CONFIG)
        predicted = learn_all(client)
        clean = clean_run(MODEL, IMAGES, LABELS, end=False)
        clean.end()
        info = client.info()
        assert (info.state, info.learned, info.experience) == (clean.fingerprint(), 300, 1)
        assert None not in predicted and len(predicted) == 300
        answers = list(client.predict_many(IMAGES))
        assert answers == [clean.predict(x.tobytes()) for x in IMAGES]
        assert client.predict(IMAGES[0]) == answers[0]
        clean.predict(IMAGES[0].tobytes())
        assert np.array_equal(client.scores(IMAGES[0]), np.array(clean.scores))
        assert client.counts.retransmissions == 0
        assert client.counts.bytes_sent > IMAGES.nbytes
        assert list(client.predict_many([])) == []


def test_clients_come_and_go(board: CPythonBoard) -> None:
    with connect(board.port) as client:
        client.reset(CONFIG)
        client.begin(0, [0, 1, 2, 3], 300, ["a", "b", "c", "ü"])
        for i in range(10):
            assert client.learn(0, i, IMAGES[i], int(LABELS[i])).position == i + 1
    with connect(board.port) as client:
        assert client.info().position == 10 and client.names() == ["a", "b", "c", "ü"]
        client.bye()
    with connect(board.port) as client:  # goodbye has saved; the emulator serves again
        info = client.info()
        assert (info.position, info.generation) == (10, 2)
        assert client.bench(5) >= 0
        assert client.stats()["saves"] == 2


def test_state_and_model_travel(board: CPythonBoard, tmp_path: Path) -> None:
    with connect(board.port) as client:
        client.reset(CONFIG)
        learn_all(client)
        state, mark = client.get_state(), client.info().state
        client.observer = Uploads()
        client.put_model(OTHER)
        seen = client.observer.seen
        assert seen[0] == (0, len(OTHER)) and seen[-1] == (len(OTHER), len(OTHER))
        assert client.board is not None and client.board.learned == 0
        with pytest.raises(Refused, match="another model"):
            client.put_state(state)
        client.put_model(MODEL)
        client.put_state(state)
        assert client.info().state == mark
        with pytest.raises(BoardError, match="refuses"):
            client.put_model(b"no model at all")
        assert client.info().state == mark


def test_images_larger_than_a_frame_go_in_pieces(tmp_path: Path) -> None:
    model = hand_made_model(20, 3)
    images, labels = samples(20, side=20, channels=3)
    with (
        CPythonBoard(flash_with(model, tmp_path), max_payload=512, kernels="numpy") as board,
        connect(board.port) as client,
    ):
        client.reset(CONFIG)
        assert len(list(stream_experience(client, 0, images, labels))) == 20
        clean = clean_run(model, images, labels)
        assert client.info().state == clean.fingerprint()
        assert list(client.predict_many(images)) == [clean.predict(x.tobytes()) for x in images]


def test_a_killed_board_comes_back_and_the_stream_goes_on(board: CPythonBoard) -> None:
    learned: list[int] = []
    with connect(board.port) as client:
        client.wait, client.observer = 20, Messages()
        client.reset(CONFIG)
        for sample in stream_experience(client, 0, IMAGES, LABELS):
            learned.append(sample.position)
            if len(learned) in (100, 210):
                board.kill()
                time.sleep(0.05)
                board.start()
        assert client.info().state == clean_run(MODEL, IMAGES, LABELS).fingerprint()
        assert client.counts.reconnections == 2
        said = client.observer.said
    # Replies that had come before the kill are read first. It had saved 64 samples.
    assert learned[-1] == 300
    assert next(here for before, here in pairwise(learned) if here <= before) == 65
    assert len(said) == 4 and "gone" in said[0] and "64 samples learned" in said[1]


def test_predictions_survive_a_kill_too(board: CPythonBoard) -> None:
    with connect(board.port) as client:
        client.reset(CONFIG)
        learn_all(client)
        expected = list(client.predict_many(IMAGES))
        found = []
        client.wait = 20
        for label in predict_all(client, IMAGES):
            found.append(label)
            if len(found) == 150:
                board.restart()
        assert found == expected


def test_a_second_stream_goes_on_where_the_first_stopped(board: CPythonBoard) -> None:
    with connect(board.port) as client:
        client.reset(CONFIG)
        for sample in stream_experience(client, 0, IMAGES, LABELS):
            if sample.position == 120:
                break
    with connect(board.port) as client:
        start = client.info().position
        assert 120 <= start <= 120 + 8  # some were in flight
        positions = [s.position for s in stream_experience(client, 0, IMAGES, LABELS)]
        assert positions == list(range(start + 1, 301))
        assert client.info().state == clean_run(MODEL, IMAGES, LABELS).fingerprint()
        assert list(stream_experience(client, 0, IMAGES, LABELS)) == []  # is done


def test_another_model_after_the_break_is_an_error(board: CPythonBoard) -> None:
    with connect(board.port) as client:
        client.reset(CONFIG)
        client.wait = 20
        stream = stream_experience(client, 0, IMAGES, LABELS)
        next(stream)
        board.kill()
        (board.flash / "model.tcm").write_bytes(OTHER)
        board.start()
        with pytest.raises(BoardError, match="another model"):
            list(stream)


def test_a_board_that_does_not_come_back(board: CPythonBoard) -> None:
    with connect(board.port) as client:
        client.reset(CONFIG)
        client.wait = 0.3
        stream = stream_experience(client, 0, IMAGES, LABELS)
        next(stream)
        board.kill()
        with pytest.raises(LinkError):
            list(stream)


def test_streams_that_do_not_fit_the_board(board: CPythonBoard, tmp_path: Path) -> None:
    with connect(board.port) as client:
        client.reset(CONFIG)
        with pytest.raises(BoardError, match="is at experience 0, this stream at 3"):
            next(stream_experience(client, 3, IMAGES, LABELS))
        with pytest.raises(BoardError, match="one label an image"):
            next(stream_experience(client, 0, IMAGES, LABELS[:3]))
        client.begin(0, [0, 1])
        list(client.learn_many(0, 0, zip(IMAGES[:9], LABELS[:9], strict=True)))
        with pytest.raises(BoardError, match="another stream"):
            next(stream_experience(client, 0, IMAGES[:5], LABELS[:5]))
        with pytest.raises(BoardError, match="expected uint8"):
            client.predict(IMAGES[0].astype(float))
        with pytest.raises(Refused, match="expected 50 pixels"):
            client.predict(IMAGES[0][:2])
        with pytest.raises(BoardError, match="expected a class index from 0 on, got -1"):
            client.learn(0, 9, IMAGES[0], -1)
        with pytest.raises(BoardError, match="names"):
            client.begin(1, [0, 1], names=["a"])
        (board.flash / "model.tcm").unlink()
        board.restart()
        client.reconnect = lambda *_: client.hello()  # type: ignore[method-assign]
    with connect(board.port) as client, pytest.raises(BoardError, match="send one first"):
        next(stream_experience(client, 0, IMAGES, LABELS))


def test_tcp(tmp_path: Path) -> None:
    flash = flash_with(MODEL, tmp_path)
    words = [sys.executable, "-m", "tinycl.boards.cpython_board", "--flash", str(flash)]
    with subprocess.Popen([*words, "--tcp", "0"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        name = process.stdout.readline().strip()
        try:
            for turn in range(2):
                with connect(name) as client:
                    assert client.info().learned == turn * 20
                    if not turn:
                        client.reset(CONFIG)
                        list(stream_experience(client, 0, IMAGES[:20], LABELS[:20]))
        finally:
            process.send_signal(signal.SIGTERM)
    assert process.returncode == 0
    with pytest.raises(LinkError, match="nothing answers there"):
        connect(name)


@pytest.mark.parametrize("name", ["socket://nohost", "socket://:80", "socket://a:b"])
def test_bad_socket_names(name: str) -> None:
    with pytest.raises(LinkError, match="expected socket://HOST:PORT"):
        open_transport(name)


def test_ports_that_are_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LinkError, match="no such port"):
        connect(tmp_path / "nothing")
    with pytest.raises(LinkError, match="cannot be opened as a serial port"):
        (tmp_path / "file").write_text("not a port")
        connect(tmp_path / "file")
    pico = Port("/dev/ttyACM7", "E66", "Pico", "Raspberry Pi", "1-1:1.0")
    data = Port("/dev/ttyACM8", "E66", "Pico", "Raspberry Pi", "1-1:1.2")
    other = Port("/dev/ttyACM9", "F77", "Teensy", "Teensy")
    monkeypatch.setattr(ports_module, "list_ports", lambda: [pico, data])
    assert find_port() == find_port("E66") == data and find_port("/dev/ttyACM7") == pico
    monkeypatch.setattr(ports_module, "list_ports", lambda: [pico, other])
    with pytest.raises(LinkError, match=r"several boards.*ttyACM7 \(E66\), /dev/ttyACM9"):
        find_port()
    moved = Port("/dev/ttyACM3", "E66", "Pico", "Raspberry Pi", "1-1:1.0")
    monkeypatch.setattr(ports_module, "list_ports", lambda: [moved, other])
    assert find_again(pico) == moved
    monkeypatch.setattr(ports_module, "list_ports", lambda: [other])
    with pytest.raises(LinkError, match="board E66 is not plugged in"):
        find_again(pico)
    monkeypatch.setattr(ports_module, "list_ports", lambda: [])
    with pytest.raises(LinkError, match="no board is plugged in"):
        find_port()


def test_a_stream_follows_a_board_by_its_serial_number(
    board: CPythonBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an unplug the same board is another device; another board has come to the old one."""
    paths: list[str] = []

    def there() -> list[SimpleNamespace]:
        if not Path(board.port).exists():
            return []
        path = str(Path(board.port).resolve())
        if path not in paths:
            paths.append(path)
        usb = {"description": "Pico", "vid": 0x2E8A, "location": "1-1:1.0"}
        other = SimpleNamespace(device="/dev/ttyACM0", serial_number="F77", **usb)
        return [other, SimpleNamespace(device=path, serial_number="E66", **usb)]

    monkeypatch.setattr("serial.tools.list_ports.comports", there)
    with pytest.raises(LinkError, match=r"several boards.*\(E66\), /dev/ttyACM0 \(F77\)"):
        connect()
    with connect("E66") as client:
        client.observer = Messages()
        client.reset(CONFIG)
        stream = stream_experience(client, 0, IMAGES, LABELS)
        for seen, _ in enumerate(stream, 1):
            if seen == 50:
                board.kill()
                taken = os.openpty()  # the path that was free now
                board.start()
        assert client.info().state == clean_run(MODEL, IMAGES, LABELS).fingerprint()
        os.close(taken[0])
        os.close(taken[1])
        assert len(paths) == 2 and "is back" in client.observer.said[1]


def test_a_busy_port(board: CPythonBoard) -> None:
    with connect(board.port), pytest.raises(LinkError, match="another program uses this port"):
        connect(board.port)


def test_a_silent_port_and_an_old_board() -> None:
    master, slave = pty.openpty()
    tty.setraw(slave)
    try:
        with pytest.raises(LinkError, match=r"does not answer.*Reset it"):
            connect(os.ttyname(slave), patience=2)
        heard = b""
        while b"\x03\x02\x04" not in heard:  # it tried to wake a REPL
            assert select.select([master], [], [], 2)[0], "it did not"
            heard += os.read(master, 10_000)

        class Old:
            """Answers every request in protocol version 2."""

            name = "old"

            def read(self, limit: int, timeout: float) -> bytes:
                answer, self.answer = self.answer, b""
                return answer

            def write(self, data: bytes) -> None:
                frame = bytearray(encode(data[2], REPLY, data[4] | data[5] << 8, b""))
                frame[3] = 0x20 | REPLY
                frame[8:10] = (crc(frame[:8]) & 0xFFFF).to_bytes(2, "little")
                frame[-4:] = crc(frame[:-4]).to_bytes(4, "little")
                self.answer = bytes(frame)

            def fileno(self) -> int:
                return -1

            def close(self) -> None:
                pass

        from tinycl_rt.lib.crc import crc32

        def crc(data: bytearray) -> int:
            return crc32(bytes(data))

        with pytest.raises(LinkError, match=r"speaks version 2 .* flash the board again"):
            BoardClient(Old()).hello()
    finally:
        os.close(master)
        os.close(slave)


class SlowBoard:
    """Answers BENCH after `seconds`, and only then what came meanwhile; in order, as boards do."""

    name = "slow"

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.codes: list[int] = []
        self.waiting: list[bytes] = []
        self.free_at = 0.0

    def write(self, data: bytes) -> None:
        self.codes.append(data[2])
        if data[2] == p.BENCH:
            self.free_at = time.monotonic() + self.seconds
        self.waiting.append(encode(data[2], REPLY, data[4] | data[5] << 8, b"\1\0\7\0\0\0"))

    def read(self, limit: int, timeout: float) -> bytes:
        time.sleep(max(0.0, min(timeout, self.free_at - time.monotonic())))
        if time.monotonic() < self.free_at:
            return b""
        answer, self.waiting = b"".join(self.waiting), []
        return answer

    def fileno(self) -> int:
        return -1

    def close(self) -> None:
        pass


def test_a_slow_board_gets_its_work_once() -> None:
    slow = SlowBoard(1.5)
    client = BoardClient(slow)
    assert client.bench(1) == 7.0
    assert slow.codes.count(p.BENCH) == 1 and slow.codes.count(p.NAMES) >= 1
    slow = SlowBoard(60)
    with pytest.raises(LinkError, match="does not answer"):
        BoardClient(slow, patience=0.3).bench(1)


def test_ctrl_c_says_goodbye(board: CPythonBoard) -> None:
    with pytest.raises(KeyboardInterrupt), connect(board.port) as client:
        client.reset(CONFIG)
        for sample in stream_experience(client, 0, IMAGES, LABELS):
            if sample.position == 10:
                raise KeyboardInterrupt
    board.kill()  # whatever it saves now comes too late
    board.start()
    with connect(board.port) as client:
        assert client.info().position >= 10


def test_a_program_that_fails_leaves_the_board_saved(tmp_path: Path) -> None:
    images, labels = samples(20)
    flash = flash_with(hand_made_model(), tmp_path)
    with CPythonBoard(flash, autosave=0) as board:
        with pytest.raises(ZeroDivisionError), connect(board.port) as client:
            client.reset(CONFIG)
            client.begin(0, [0, 1, 2, 3])
            list(client.learn_many(0, 0, zip(images, labels, strict=True)))
            raise ZeroDivisionError
        board.restart()  # the plug is pulled
        with connect(board.port) as client:
            assert client.info().position == 20
