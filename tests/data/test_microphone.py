"""Words from a microphone that plays a recording."""

from __future__ import annotations

import sys
from array import array
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from runtime.test_listener import noise, tone
from tinycl_rt.listener import Listener

from tinycl.data.microphone import microphone, play
from tinycl.data.sound import window
from tinycl.exceptions import DataError, MissingExtraError

SHAPE = (49, 40, 1)


class Portaudio(Exception):
    pass


def plug_in(monkeypatch: pytest.MonkeyPatch, stream: Any) -> None:
    fake = SimpleNamespace(InputStream=stream, PortAudioError=Portaudio)
    monkeypatch.setitem(sys.modules, "sounddevice", fake)


class Recording:
    """What stands for sounddevice.InputStream; it is stopped between two words."""

    def __init__(self, **settings: Any) -> None:
        assert settings["samplerate"] == 16000 and settings["dtype"] == "int16"
        parts = [noise(1), tone(300), noise(1.2), tone(2500), noise(1.2)]
        self.samples = np.rint(np.concatenate(parts)).astype(np.int16)
        self.runs = False

    def __enter__(self) -> Recording:
        return self

    def __exit__(self, *_: object) -> None:
        self.runs = False

    def start(self) -> None:
        self.runs = True

    def stop(self) -> None:
        self.runs = False

    def read(self, count: int) -> tuple[np.ndarray, bool]:
        assert self.runs and len(self.samples) >= count
        taken, self.samples = self.samples[:count], self.samples[count:]
        return taken[:, None], False


def test_each_word_is_a_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    plug_in(monkeypatch, Recording)
    words = microphone(SHAPE)
    for number, band in ((1, slice(0, 10)), (2, slice(18, 30))):
        frame = next(words)
        assert frame.title == f"word {number}" and frame.pixels.shape == SHAPE
        loudest = int(frame.pixels.max(axis=0).argmax())
        assert band.start <= loudest < band.stop
        rows = np.flatnonzero(frame.pixels.max(axis=1) > 120)
        assert abs(rows.mean() - 24) <= 3
        assert frame.sound is not None and (window(frame.sound) == frame.pixels).all()
        hertz = (300, 2500)[number - 1]
        spectrum = np.abs(np.fft.rfft(frame.sound))
        assert np.fft.rfftfreq(len(frame.sound), 1 / 16000)[spectrum.argmax()] == pytest.approx(
            hertz, abs=5
        )


def test_a_window_is_what_a_listener_makes(monkeypatch: pytest.MonkeyPatch) -> None:
    recording = Recording(samplerate=16000, dtype="int16")
    samples = array("h", recording.samples.tobytes())
    plug_in(monkeypatch, lambda **_: recording)
    found = next(microphone(SHAPE)).pixels
    words: list[bytes] = []
    listener = Listener(None, None)
    listener.word = lambda pixels: words.append(bytes(pixels))
    listener.feed(samples)
    assert words[0] == found.tobytes()


def test_a_word_is_played(monkeypatch: pytest.MonkeyPatch) -> None:
    played: list[tuple[Any, ...]] = []
    fake = SimpleNamespace(play=lambda *a, **k: played.append((*a, k)), PortAudioError=Portaudio)
    monkeypatch.setitem(sys.modules, "sounddevice", fake)
    play(np.arange(5, dtype=np.int16))
    assert played[0][1:] == (16000, {"blocking": True})

    def refuse(*_: Any, **__: Any) -> None:
        raise Portaudio("Error querying device -1")

    fake.play = refuse
    with pytest.raises(DataError, match=r"loudspeaker does not open \(Error"):
        play(np.arange(5, dtype=np.int16))


def test_no_microphone_no_library_and_no_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: Any) -> None:
        raise Portaudio("Error querying device -1")

    plug_in(monkeypatch, refuse)
    with pytest.raises(DataError, match=r"does not open \(Error querying device -1\): is one"):
        next(microphone(SHAPE))
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'tinycl\[sound\]'"):
        next(microphone(SHAPE))
    with pytest.raises(DataError, match="28 x 28 x 1, no sound"):
        next(microphone((28, 28, 1)))
