"""What becomes of a spoken word on its way to a microphone, and through it."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from scipy.signal import fftconvolve, resample_poly

__all__ = ["noise", "record", "vary"]

Clip = NDArray[np.float32]

_RATE = 16000
_FULL = 32767


def record(
    clip: Clip, others: list[Clip], rng: np.random.Generator, seconds: float = 1.6
) -> NDArray[np.int16]:
    """One recording of a clip: int16 samples at 16 kHz.

    In turn: the speaker's throat (all frequencies up or down by up to 15 %), a room (echoes of
    0.1 to 0.6 s), noise 3 to 40 dB below, among it babble of ``others``, the microphone's
    frequency response, one in four as narrow as a telephone's, its level, and now and then
    clipping.
    """
    x = _warp(clip, np.exp(rng.uniform(-0.14, 0.14)))
    if rng.random() < 0.5:
        x = _echo(x, rng)
    around = np.zeros(max(int(seconds * _RATE), len(x)), np.float32)
    start = rng.integers(0, len(around) - len(x) + 1)
    around[start : start + len(x)] = x
    power = np.sqrt((x**2).mean())
    around += power * 10 ** (-rng.uniform(3, 40) / 20) * noise(len(around), others, rng)
    y = _colour(around, rng)
    peak = _FULL * 10 ** (-rng.uniform(1, 30) / 20) * (4 if rng.random() < 0.05 else 1)
    return np.clip(np.rint(y * (peak / np.abs(y).max())), -_FULL - 1, _FULL).astype(np.int16)


def vary(clip: Clip, rng: np.random.Generator) -> Clip:
    """A clip as other collections of words would have it, before it is heard in a room.

    Their speakers have other throats, they cut what is up to 46 to 26 dB quieter than the peak
    off both ends, and one in three keeps it as telephones do.
    """
    loud = np.flatnonzero(np.abs(clip) > 10 ** rng.uniform(-2.3, -1.3) * np.abs(clip).max())
    x = _warp(clip[loud[0] : loud[-1] + 1], np.exp(rng.uniform(-0.08, 0.08)))
    return _telephone(x, rng) if rng.random() < 0.35 else x


def noise(count: int, others: list[Clip], rng: np.random.Generator) -> Clip:
    """Noise with a power of 1: white, pink, brown, or of several speakers."""
    kind = rng.integers(4 if others else 3)
    if kind == 3:
        x = sum(np.resize(others[i], count) for i in rng.integers(0, len(others), 5))
    else:
        slope = np.arange(1, count // 2 + 2) ** (-0.5 * kind)
        x = np.fft.irfft(np.fft.rfft(rng.standard_normal(count)) * slope, count)
    return (x / np.sqrt((x**2).mean() + 1e-12)).astype(np.float32)


def _telephone(x: Clip, rng: np.random.Generator) -> Clip:
    """8 kHz, in one of the codings of telephones, or in none."""
    import soundfile

    subtype = rng.choice(["PCM_16", "GSM610", "ULAW", "ALAW"])
    peak = 10 ** (-rng.uniform(1, 20) / 20)
    low = resample_poly(x * (peak / np.abs(x).max()), 1, 2)
    with io.BytesIO() as file:
        soundfile.write(file, np.clip(low, -1, 1), _RATE // 2, subtype, format="WAV")
        file.seek(0)
        coded, _ = soundfile.read(file, len(low), dtype="float32")
    return resample_poly(coded, 2, 1).astype(np.float32)


def _warp(x: Clip, factor: float) -> Clip:
    at = np.arange(0, len(x) - 1, factor)
    return np.interp(at, np.arange(len(x)), x).astype(np.float32)


def _echo(x: Clip, rng: np.random.Generator) -> Clip:
    """A room: the sound itself, then noise that dies away, up to as loud as the sound."""
    length = int(rng.uniform(0.1, 0.6) * _RATE)
    tail = rng.standard_normal(length) * np.exp(-6.9 * np.arange(length) / length)
    tail *= 10 ** (-rng.uniform(0, 15) / 20) / np.sqrt((tail**2).sum())
    tail[: int(0.002 * _RATE)] = 0
    tail[0] = 1
    return fftconvolve(x, tail).astype(np.float32)


def _colour(x: Clip, rng: np.random.Generator) -> Clip:
    """A microphone's frequency response: smooth, within about 8 dB."""
    spectrum = np.fft.rfft(x)
    hertz = np.linspace(0, _RATE / 2, len(spectrum))
    knots = np.log([50, 150, 400, 1000, 2500, 5000, 8000])
    decibel = np.interp(np.log(hertz + 20), knots, rng.normal(0, 4, len(knots)))
    if rng.random() < 0.25:
        decibel -= 50 * np.clip(np.maximum((300 - hertz) / 200, (hertz - 3400) / 300), 0, 1)
    return np.fft.irfft(spectrum * 10 ** (decibel / 20), len(x)).astype(np.float32)
