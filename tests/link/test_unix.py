"""The same link to MicroPython's unix port, where reads block; skipped where it is not built."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.boards import built
from helpers.link import CONFIG, clean_run, flash_with, hand_made_model, samples

from tinycl.boards import EmulatedBoard, start
from tinycl.exceptions import BoardError
from tinycl.link import connect, predict_all, stream_experience
from tools.faults.proxy import FaultProxy, Faults

MODEL = hand_made_model()


@pytest.fixture
def board(tmp_path: Path) -> Iterator[EmulatedBoard]:
    built("unix")
    with start("unix", flash=flash_with(MODEL, tmp_path / "flash")) as running:
        yield running


def test_stream_kills_and_restarts(board: EmulatedBoard) -> None:
    images, labels = samples(200)
    with connect(board.port) as client:
        assert "micropython" in client.hello().platform
        client.reset(CONFIG)
        client.wait = 20
        stream = stream_experience(client, 0, images, labels)
        for seen, _ in enumerate(stream, 1):
            if seen in (80, 150):
                board.restart()
        clean = clean_run(MODEL, images, labels)
        assert client.info().state == clean.fingerprint()
        expected = [clean.predict(x.tobytes()) for x in images]
        assert list(predict_all(client, images)) == expected
        state = client.get_state()
        assert state == bytes(clean.dump())
        client.put_model(hand_made_model(9))
        with pytest.raises(BoardError, match="refuses"):
            client.put_model(b"no model" * 40)
        assert client.info().learned == 0 and client.info().input_shape == (9, 9, 2)
        client.bye()
    with connect(board.port) as client:
        assert client.hello().has_model


def test_a_bad_cable(board: EmulatedBoard, tmp_path: Path) -> None:
    images, labels = samples(30)
    bad = Faults(damage=0.01, drop=0.01, duplicate=0.02, delay=0.02)
    with (
        FaultProxy(board.port, tmp_path / "host", bad, seed=5),
        connect(tmp_path / "host") as client,
    ):
        client.reset(CONFIG)
        assert len(list(stream_experience(client, 0, images, labels))) == 30
        assert client.info().state == clean_run(MODEL, images, labels).fingerprint()


def test_memory_does_not_grow(board: EmulatedBoard) -> None:
    images, labels = samples(60)
    with connect(board.port) as client:
        client.reset(CONFIG)
        list(stream_experience(client, 0, images, labels))
        used = []
        for _ in range(4):
            list(client.predict_many([images[0]] * 300))
            client.bench(1)  # collects garbage
            used.append(int(client.stats()["heap_used"]))
        assert max(used) - min(used) < 4000, used
