"""Flash that is full, read-only or damaged, states and models that do not fit: the host hears of
it in a typed error, the board learns on in RAM, and keeps what it saved last.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers import drive
from helpers.boards import built
from helpers.link import CONFIG, clean_run, flash_with, hand_made_model, samples
from helpers.logs import read as read_log
from tinycl_rt.config import Config
from tinycl_rt.link import protocol as p

from tinycl.boards import EmulatedBoard, start
from tinycl.boards.emulated import CPythonBoard
from tinycl.boards.micropython import UnixBoard
from tinycl.link import BoardClient, Refused, connect, stream_experience

MODEL = hand_made_model()
IMAGES, LABELS = samples(60)
CLASSES = sorted({int(y) for y in LABELS})


@pytest.fixture(params=["cpython", "unix"])
def board(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EmulatedBoard]:
    flash = flash_with(MODEL, tmp_path / "flash")
    if request.param == "cpython":
        board: EmulatedBoard = CPythonBoard(flash, kernels="numpy", autosave=8)
    else:
        built("unix")
        board = UnixBoard(flash, autosave=8, heap=600_000)
    with board:
        yield board


def learn(client: BoardClient, first: int, last: int) -> list[bool]:
    """Teach samples; whether each one's reply said that it is in RAM only."""
    some = zip(IMAGES[first:last], LABELS[first:last], strict=True)
    return [progress.unsaved for progress in client.learn_many(0, first, some)]


def begin(client: BoardClient) -> None:
    client.reset(CONFIG)
    client.begin(0, CLASSES, len(IMAGES))
    learn(client, 0, 20)
    client.save()


def next_log(flash: Path) -> Path:
    """Where the next save goes."""
    return min((flash / "state.0", flash / "state.1"), key=lambda path: read_log(path).generation)


def read_until(client: BoardClient, end: bytes) -> None:
    said = b""
    while end not in said:
        piece = client.exchange.transport.read(100, 30)
        assert piece, said
        said += piece


class DriveBoard(UnixBoard):
    """Its flash is a file system of its own, ``drive.img`` in the folder `flash`."""

    def __init__(self, flash: Path, kind: str, room: int = 0) -> None:
        super().__init__(flash)
        self.words = [str(drive.__file__), kind, "512", "rw", str(room)]

    def command(self) -> list[str]:
        """Return the command line of the process."""
        return [*self.machine.command(), *self.words]


def test_a_drive_that_the_file_system_keeps_read_only(tmp_path: Path) -> None:
    """FAT, as on CircuitPython while a computer has the drive: the file system's own errors."""
    built("unix")
    board = DriveBoard(flash_with(MODEL, tmp_path), "VfsFat")
    half = clean_run(MODEL, IMAGES[:40], LABELS[:40], end=False).fingerprint()
    with board:
        with connect(board.port) as client:
            begin(client)
        board.kill()
        board.words[3] = "ro"
        board.start()
        with connect(board.port) as client:
            assert client.info().position == 20 and not client.info().unsaved
            assert learn(client, 20, 40)[-1] is True
            with pytest.raises(Refused, match="read-only") as refused:
                client.save()
            assert refused.value.code == p.STORAGE
            assert client.info().state == half and "read-only" in client.info().warning
            with pytest.raises(Refused, match="read-only") as refused:
                client.put_model(hand_made_model(9))
            assert refused.value.code == p.STORAGE
            state = client.get_state()
            client.put_state(state)  # collected in memory
            assert client.info().state == half and client.info().unsaved
        board.kill()
        board.words[3] = "rw"
        board.start()
        with connect(board.port) as client:
            assert client.info().position == 20  # the last good state
            client.put_state(state)
            list(stream_experience(client, 0, IMAGES, LABELS))
            info = client.info()
            assert info.state == clean_run(MODEL, IMAGES, LABELS).fingerprint()
            assert not info.unsaved
            client.put_model(hand_made_model(9))  # FAT renames over no file
        board.restart()
        with connect(board.port) as client:
            assert client.info().input_shape == (9, 9, 2)


@pytest.mark.parametrize("kind", ["VfsFat", "VfsLfs2"])
def test_a_file_system_that_is_full(kind: str, tmp_path: Path) -> None:
    """Something else takes all but 9,000 bytes, and a save 7,000: the file system refuses."""
    built("unix")
    config = Config(classes=4, replay_slots=200, replay_batch=2, seed=7)
    board = DriveBoard(flash_with(MODEL, tmp_path), kind, room=9000)
    with board, connect(board.port) as client:
        client.reset(config)
        saved = 0
        for progress in stream_experience(client, 0, IMAGES, LABELS):
            saved = saved if progress.unsaved else progress.position // 8 * 8
        info = client.info()
        assert info.state == clean_run(MODEL, IMAGES, LABELS, config).fingerprint()
        assert info.unsaved and "full" in info.warning
        board.restart()
        client.reconnect()
        assert 8 <= client.info().position == saved < 60  # the last good state is kept


@pytest.mark.parametrize("how", ["full", "read-only"])
def test_flash_that_takes_nothing(board: EmulatedBoard, how: str) -> None:
    with connect(board.port) as client:
        begin(client)
        log = next_log(board.flash)
        log.unlink(missing_ok=True)
        if how == "full":
            log.symlink_to("/dev/full")
        else:
            log.mkdir()  # opening it fails, as it does for anything on a read-only drive
        assert learn(client, 20, 40)[-1] is True
        with pytest.raises(Refused) as refused:
            client.save()
        assert refused.value.code == p.STORAGE and "not saved" in refused.value.reason
        info = client.info()
        assert info.unsaved and info.position == 40 and "not saved" in info.warning
        assert info.state == clean_run(MODEL, IMAGES[:40], LABELS[:40], end=False).fingerprint()
        state = client.get_state()  # what flash does not take, the host may
        board.restart()
    log.rmdir() if how == "read-only" else log.unlink()
    with connect(board.port) as client:
        assert client.info().position == 20
        client.put_state(state)
        assert not any(learn(client, 40, 60))
        client.end(0, 60)
        assert client.info().state == clean_run(MODEL, IMAGES, LABELS).fingerprint()


def test_a_read_only_drive_with_no_state_at_all(board: EmulatedBoard) -> None:
    for name in ("state.0", "state.1", "state.new", "model.new"):
        (board.flash / name).mkdir()
    with connect(board.port) as client:
        assert client.reset(CONFIG).unsaved
        assert len(list(stream_experience(client, 0, IMAGES, LABELS))) == 60
        expected = clean_run(MODEL, IMAGES, LABELS).fingerprint()
        assert client.info().state == expected
        client.put_state(client.get_state())  # collected in memory
        assert client.info().state == expected
        with pytest.raises(Refused) as refused:
            client.put_model(hand_made_model(9))
        assert refused.value.code == p.STORAGE
        assert client.info().state == expected


def test_a_damaged_log_gives_way_to_the_save_before(board: EmulatedBoard) -> None:
    with connect(board.port) as client:
        begin(client)
        learn(client, 20, 29)
    board.kill()
    newest = max(board.flash.glob("state.*"), key=lambda path: read_log(path).generation)
    log, data = read_log(newest), bytearray(newest.read_bytes())
    data[(log.begin + log.end) // 2] ^= 4
    newest.write_bytes(data)
    board.start()
    with connect(board.port) as client:
        position = client.info().position
        assert position in (16, 20, 24)
        stream = stream_experience(client, 0, IMAGES, LABELS)
        assert len(list(stream)) == 60 - position
        assert client.info().state == clean_run(MODEL, IMAGES, LABELS).fingerprint()


@pytest.mark.parametrize("how", ["other model", "damaged", "cut"])
def test_a_state_that_does_not_fit(board: EmulatedBoard, how: str) -> None:
    with connect(board.port) as client:
        begin(client)
        other = hand_made_model(threshold=99) if how == "other model" else MODEL
        state = bytes(clean_run(other, IMAGES, LABELS).dump())
        if how == "damaged":
            state = state[:90] + bytes([state[90] ^ 1]) + state[91:]
        with pytest.raises(Refused) as refused:
            client.put_state(state[:-7] if how == "cut" else state)
        assert refused.value.code == p.BAD_VALUE
        learn(client, 20, 60)
        client.end(0, 60)
        assert client.info().state == clean_run(MODEL, IMAGES, LABELS).fingerprint()


@pytest.mark.parametrize("board", ["unix"], indirect=True)  # the other's heap has no end
def test_a_model_too_large_for_the_heap(board: EmulatedBoard) -> None:
    """Refused as a whole: the old model and what was learned with it stay."""
    with connect(board.port) as client:
        begin(client)
        before = client.info()
        with pytest.raises(Refused) as refused:
            client.put_model(hand_made_model(side=44, channels=1024))
        assert refused.value.code == p.NO_MEMORY
        after = client.info()
        assert (after.fingerprint, after.state) == (before.fingerprint, before.state)
        learn(client, 20, 60)
    board.restart()
    with connect(board.port) as client:
        list(stream_experience(client, 0, IMAGES, LABELS))
        assert client.info().state == clean_run(MODEL, IMAGES, LABELS).fingerprint()


def test_ctrl_c_leaves_a_board_saved_and_in_its_repl(tmp_path: Path) -> None:
    built("cortex-m3")
    with start("cortex-m3", flash=tmp_path / "flash") as board:
        with pytest.raises(KeyboardInterrupt), connect(board.port) as client:
            client.put_model(MODEL)
            client.reset(CONFIG)
            for sample in stream_experience(client, 0, IMAGES, LABELS):
                if sample.position == 10:
                    signal.raise_signal(signal.SIGINT)
        with connect(board.port) as client:
            raw = client.exchange.transport
            client.bye()
            read_until(client, b">>> ")
            raw.write(b"print(6 * 7)\r")  # the interpreter answers, not the service
            read_until(client, b"42")
        board.restart()
        with connect(board.port) as client:
            assert client.info().position >= 10
            list(stream_experience(client, 0, IMAGES, LABELS))
            assert client.info().state == clean_run(MODEL, IMAGES, LABELS).fingerprint()
