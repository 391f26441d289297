"""Recordings in place of features: the board makes the windows, and learns the same from them."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest
from helpers.boards import built
from helpers.command import tinycl
from helpers.link import flash_with
from helpers.service import Bench
from tinycl_rt.lib.crc import crc32
from tinycl_rt.link import protocol as p

from tinycl import zoo
from tinycl.data.sound import window
from tinycl.link.messages import Refused

WORD = np.random.default_rng(4).integers(-3000, 3000, 15872, dtype=np.int16)
SAMPLES = WORD.tobytes()


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(flash_with(zoo.model("speech"), tmp_path))


def send(bench: Bench, data: bytes, piece: int = 500) -> bytes:
    """Bring a recording to the board; return how PREDICT names it."""
    crc = crc32(data)
    bench.ask(p.PUT_BEGIN, struct.pack(p.PUT_BEGIN_REQUEST, p.KIND_SOUND, 0, 0, len(data), crc))
    for at in range(0, len(data), piece):
        head = struct.pack(p.PUT_DATA_REQUEST, p.KIND_SOUND, 0, 0, crc, at)
        bench.ask(p.PUT_DATA, head + data[at : at + piece])
    return bytes((p.IMAGE_STAGED | p.IMAGE_SCORES, 0)) + struct.pack("<I", crc)


def test_the_board_makes_the_window(bench: Bench) -> None:
    answer = bench.ask(p.PREDICT, send(bench, SAMPLES))
    learner = bench.service.device.learner
    assert bytes(bench.service.device.staged.data) == window(WORD).tobytes()
    pixels = window(WORD).tobytes()
    assert struct.unpack_from("<H", answer)[0] == learner.predict(pixels)
    assert answer[4:] == struct.pack(f"<{len(learner.scores)}i", *learner.scores)
    other = window(WORD[::-1]).tobytes()  # an image takes its place, and then a recording again
    crc = crc32(other)
    bench.ask(p.PUT_BEGIN, struct.pack(p.PUT_BEGIN_REQUEST, p.KIND_IMAGE, 0, 0, len(other), crc))
    assert bench.ask(p.PREDICT, send(bench, SAMPLES, 332)) == answer


def test_recordings_that_are_refused(bench: Bench) -> None:
    with pytest.raises(Refused, match="a recording has 31744 bytes"):
        send(bench, SAMPLES[:-2])
    with pytest.raises(Refused, match="ends within a sample"):
        send(bench, SAMPLES, 333)
    crc = crc32(SAMPLES)
    with pytest.raises(Refused, match="no such image"):
        bench.ask(p.PREDICT, bytes((p.IMAGE_STAGED, 0)) + struct.pack("<I", crc))
    with pytest.raises(Refused, match="no such upload"):
        bench.ask(p.PUT_COMMIT, struct.pack(p.PUT_COMMIT_REQUEST, p.KIND_SOUND, 0, 0, crc))


def test_a_board_that_does_not_hear(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "tinycl_rt.service.sound", None)
    with pytest.raises(Refused, match="no sound front end: tinycl flash --sound"):
        send(bench, SAMPLES)


@pytest.mark.parametrize("board", ["cpython", "unix"])
def test_a_stream_of_recordings(board: str, tmp_path: Path) -> None:
    """It ends in the state that features lead to."""
    soundfile = pytest.importorskip("soundfile")
    if board != "cpython":
        built(board)
    time = np.arange(9000) / 16000
    for word, hertz in (("high", 2500), ("low", 400)):
        for i in range(3):
            file = tmp_path / "words" / word / f"{i}.wav"
            file.parent.mkdir(parents=True, exist_ok=True)
            wave = np.sin(2 * np.pi * (hertz + 40 * i) * time) * np.hanning(len(time))
            soundfile.write(file, 0.4 * wave, 16000)
    common = ("--model", "speech", "--data", f"wav:{tmp_path / 'words'}", "--scenario", "nc:1")
    states = []
    for more in (("--raw",), ()):
        result = tmp_path / "result.json"
        done = tinycl("stream", "--board", board, *common, *more, "--json", result)
        assert done.returncode == 0, done.stderr
        states.append(json.loads(result.read_text())["board_fingerprint"])
    assert states[0] == states[1]


def test_what_has_no_recordings(tmp_path: Path) -> None:
    done = tinycl("stream", "--model", "speech", "--data", "digits", "--raw")
    assert done.returncode == 1 and "digits has no sound: --raw takes" in done.stderr
    done = tinycl("label", "--model", "speech", "--raw", "--images", tmp_path)
    assert done.returncode == 1 and "give --microphone too" in done.stderr
