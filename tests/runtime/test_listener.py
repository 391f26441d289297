"""The listener: one call a word, none for noise."""

from __future__ import annotations

from array import array
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tinycl_rt.listener import Listener

RATE = 16000
RNG = np.random.default_rng(8)


class Tones:
    """A learner that tells tones apart: class 0 is low, 1 high; hissing it does not know."""

    model = SimpleNamespace(input_shape=(49, 40, 1))
    names = ("low", "high")
    known = True
    confidence = 200

    def predict(self, pixels: bytearray) -> int:
        x = np.frombuffer(pixels, np.uint8).reshape(49, 40).astype(int)
        band = int(x.max(axis=0).argmax())
        self.known = bool((x.max(axis=0) > 130).sum() < 25)
        return int(band > 20)


def noise(seconds: float, level: float = 20) -> NDArray[np.float64]:
    return RNG.normal(0, level, int(seconds * RATE))


def tone(hertz: float, seconds: float = 0.4) -> NDArray[np.float64]:
    time = np.arange(int(seconds * RATE)) / RATE
    return 5000 * np.sin(2 * np.pi * hertz * time) * np.hanning(len(time)) ** 0.2


def hear(*parts: NDArray[np.float64], piece: int = 500, **settings: Any) -> Any:
    samples = np.rint(np.concatenate(parts)).astype(np.int16)
    said: list[tuple[str, int]] = []
    listener = Listener(
        Tones(), lambda name, sure: said.append((name, sure)), kernels="numpy", **settings
    )
    words: list[bytes] = []
    listener.word = lambda pixels: words.append(bytes(pixels))
    for at in range(0, len(samples), piece):
        listener.feed(array("h", samples[at : at + piece].tobytes()))
    return SimpleNamespace(names=[name for name, _ in said], words=words, listener=listener)


@pytest.mark.parametrize("piece", [320, 77, 16000])
def test_each_word_is_heard_once(piece: int) -> None:
    parts = [noise(1), tone(300), noise(1), tone(3000), noise(1), tone(300, 0.8), noise(1.2)]
    found = hear(*parts, piece=piece)
    assert found.names == ["low", "high", "low"]
    for window in found.words:
        loud = np.frombuffer(window, np.uint8).reshape(49, 40).max(axis=1) > 120
        assert abs(np.flatnonzero(loud).mean() - 24) <= 3
    assert len(found.words) == 3


def test_noise_and_silence_are_no_words() -> None:
    found = hear(noise(5), np.zeros(3 * RATE), noise(5, 300))
    assert not found.names and found.listener.unknown <= 4


@pytest.mark.parametrize("confidence, names", [(190, []), (200, ["high"])])
def test_what_the_learner_does_not_know_takes_more_confidence(
    monkeypatch: pytest.MonkeyPatch, confidence: int, names: list[str]
) -> None:
    """Two thirds of 190 are below 128, of 200 above."""
    monkeypatch.setattr(Tones, "confidence", confidence)
    found = hear(noise(1), noise(0.4, 4000), noise(1))
    assert found.names == names and found.listener.unknown == 1 - len(names)


def test_predictions_that_disagree_are_less_sure(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([0, 1, 1] * 2)
    monkeypatch.setattr(Tones, "predict", lambda *_: next(answers))
    parts = noise(1), tone(300), noise(1)
    assert hear(*parts, least=133).names == ["high"]  # two thirds of 200
    assert hear(*parts, least=134).names == []


def test_ignored_classes_and_low_confidence() -> None:
    parts = noise(1), tone(300), noise(1), tone(3000), noise(1)
    assert hear(*parts, ignore=("low",)).names == ["high"]
    assert hear(*parts, least=201).names == []


def test_a_stop_in_a_word_does_not_end_it() -> None:
    found = hear(noise(1), tone(300, 0.25), noise(0.15), tone(300, 0.25), noise(1))
    assert found.names == ["low"]


def test_sounds_that_last_are_no_words() -> None:
    assert not hear(noise(1), tone(300, 1.5), noise(1)).names
    without_pauses = [part for _ in range(8) for part in (tone(300, 0.3), noise(0.1))]
    assert not hear(noise(1), *without_pauses, noise(1)).names


def test_louder_noise_is_followed() -> None:
    """20 dB within four seconds."""
    louder = noise(4, 200), tone(300), noise(1, 200)
    assert hear(noise(2), *louder).names == ["low"]


def test_low_noise_comes_and_goes_without_being_a_word() -> None:
    """A rumble's lowest band varies by 15 dB, all bands together by little."""
    spectrum = np.fft.rfft(RNG.standard_normal(60 * RATE))
    rumble = np.fft.irfft(spectrum / np.arange(1, len(spectrum) + 1))
    found = hear(300 * rumble / rumble.std())
    assert not found.words


def test_a_model_of_images_is_refused() -> None:
    learner = SimpleNamespace(model=SimpleNamespace(input_shape=(28, 28, 1)), names=())
    with pytest.raises(ValueError, match=r"windows \(49, 40, 1\), got \(28, 28, 1\)"):
        Listener(learner, print)
