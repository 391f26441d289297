"""The sound front end: sets agree on every input, and are near what they stand for."""

from __future__ import annotations

from array import array
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.fft import rfft
from scipy.signal import chirp
from scipy.signal.windows import hann
from tinycl_rt.kernels.numpy import sound as numpy_sound
from tinycl_rt.kernels.reference import sound as reference_sound
from tinycl_rt.sound import HOP, RATE, WINDOW, bands, sine

SEEDS = st.integers(0, 2**32 - 1)
SINE, BANDS = sine(), bands()
_TIME = np.arange(RATE) / RATE

# tests/kernels/native/sanitized_sound.py puts the C kernels here.
other = SimpleNamespace(kernels=numpy_sound)


def samples_of(seed: int, style: str, count: int = WINDOW) -> NDArray[np.int16]:
    """Samples of one style: silence, both ends, or noise with a tone of any loudness."""
    rng = np.random.default_rng(seed)
    if style == "silence":
        return np.full(count, rng.integers(-1, 2), np.int16)
    if style == "ends":
        return rng.choice(np.array([-32768, 32767], np.int16), count)
    level = 10 ** rng.uniform(0, 4.5)
    tone = np.sin(2 * np.pi * rng.uniform(0, 0.5) * np.arange(count))
    noise = 10 ** rng.uniform(-3, 1) * rng.standard_normal(count)
    return np.clip(np.rint(level * (tone + noise)), -32768, 32767).astype(np.int16)


def frame(k: Any, ring: array, at: int) -> tuple[bytes, array]:
    out, work = bytearray(120), array("i", bytes(2048))
    k.log_mel(ring, at, SINE, BANDS, work, out, 1)
    assert not any(out[:40]) and not any(out[80:])
    return bytes(out[40:80]), work


@given(SEEDS, st.sampled_from(["any", "any", "ends", "silence"]), st.integers(0, 511))
def test_log_mel(seed: int, style: str, at: int) -> None:
    ring = array("h", samples_of(seed, style).tobytes())
    wanted, _ = frame(reference_sound, ring, at)
    assert frame(other.kernels, ring, at)[0] == wanted


@given(SEEDS, st.integers(0, 511), st.integers(0, 512), st.integers(0, 9))
def test_fill(seed: int, at: int, count: int, first: int) -> None:
    samples = array("h", samples_of(seed, "any", first + count + 3).tobytes())
    rings = [array("h", range(512)) for _ in range(2)]
    for ring, k in zip(rings, (reference_sound, other.kernels), strict=True):
        k.fill(ring, at, samples, first, count)
    assert rings[0] == rings[1]
    assert [rings[0][(at + i) % 512] for i in range(count)] == samples[
        first : first + count
    ].tolist()


@given(SEEDS, st.integers(1, 50), st.data())
def test_level(seed: int, count: int, data: Any) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, rng.integers(1, 257), 40 * count, dtype=np.uint8)
    first = data.draw(st.integers(0, count - 1))
    found = []
    for k in (reference_sound, other.kernels):
        out = bytearray(40 * count)
        k.level(bytearray(rows), first, count, out)
        found.append(bytes(out))
    assert found[0] == found[1]
    wanted = np.roll(rows.astype(int), -40 * first) - max(int(rows.max()), 64) + 160
    assert found[0] == np.maximum(wanted, 0).astype(np.uint8).tobytes()


def in_floats(samples: NDArray[np.int16]) -> NDArray[np.float64]:
    """Log-mel bands of a frame and its loudest bin, in the front end's steps but not rounded."""
    power = np.abs(rfft(samples * hann(WINDOW, sym=False))) ** 2
    hertz = np.arange(WINDOW // 2 + 1) * RATE / WINDOW
    mel = 2595 * np.log10(1 + np.array([125, 7500]) / 700)
    side = 700 * (10 ** (np.linspace(*mel, 42) / 2595) - 1)
    rising = (hertz[:, None] - side[:-2]) / np.diff(side)[:-1]
    falling = (side[2:] - hertz[:, None]) / np.diff(side)[1:]
    shares = np.clip(np.minimum(rising, falling), 0, None)
    powers = np.append(power @ shares, power.max())
    return 8 * np.log2(np.maximum(powers, 1e-9)) + 8 * 20 - 265


SOUNDS = {
    "white noise": lambda rng: rng.normal(0, 3000, RATE),
    "quiet noise": lambda rng: rng.normal(0, 30, RATE),
    "brown noise": lambda rng: rng.normal(0, 300, RATE).cumsum() % 30000 - 15000,
    "rising tone": lambda rng: 20000 * chirp(_TIME, 100, 1, 7800) + rng.normal(0, 9, RATE),
    "vowel": lambda rng: sum(
        8000 / k * np.sin(2 * np.pi * 130 * k * _TIME + k) for k in range(1, 50)
    ),
}


@pytest.mark.parametrize("name", SOUNDS)
def test_error_against_floats(name: str) -> None:
    """Within 0.75 steps (0.28 dB), rounding too, down to 40 dB below a frame's loudest bin."""
    signal = SOUNDS[name](np.random.default_rng(5))
    samples = np.clip(np.rint(signal), -32768, 32767).astype(np.int16)
    starts = range(0, len(samples) - WINDOW + 1, HOP)
    frames = np.stack([samples[at : at + WINDOW] for at in starts])
    found = numpy_sound.frames(frames, SINE, BANDS).astype(float)
    wanted = np.clip([in_floats(row) for row in frames], 0, 255)
    wanted, loudest = wanted[:, :40], wanted[:, 40:]
    near = wanted > loudest - 8 * 40 / 3.01
    error = np.abs(found - wanted)[near]
    assert near.mean() > 0.05 and error.max() < 0.75 and error.mean() < 0.3


def test_tables() -> None:
    exact = 16384 * np.sin(2 * np.pi * np.arange(385) / 512)
    assert np.abs(np.array(SINE) - exact).max() < 0.51
    assert BANDS[0] == 4 and BANDS[41] == 240 and len(BANDS) == 42 + 240 - 4
    assert sorted(set(BANDS[:42])) == list(BANDS[:42])
