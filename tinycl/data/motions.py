"""Generated motions of an accelerometer, with a gyroscope or without, to pretrain on.

A sample is 128 readings at 50 Hz, uint8 (128, 1, 3): 128 is 0 g, 63.5 steps are 1 g. With a
gyroscope it is (128, 1, 6): three more, about the same axes, of which 128 is 0 and 0.128 steps
are 1 degree a second.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tinycl.data.dataset import Dataset, by_class, make_dataset

__all__ = [
    "CLASSES",
    "LENGTH",
    "RATE_HZ",
    "generate",
    "load_motions",
    "load_motions6",
    "to_pixels",
]

LENGTH = 128
RATE_HZ = 50
CLASSES = 400
_STEPS_A_G = 63.5
_STEPS_A_RADIAN = 0.128 * 180 / np.pi  # a second
_TRAIN, _TEST = 60, 10
_SEED = 30
_HARMONICS = 3
_GYROSCOPE_BIAS, _GYROSCOPE_NOISE = 0.05, 0.03  # rad/s
_TILT = 0.5  # rad, of each axis: a sensor is never held twice in the same way


def load_motions() -> Dataset:
    """400 generated motions of 60 and 10 samples; always the same.

    A class is a rhythm (0.3 to 4 Hz, or rest), harmonics of each axis, how abrupt it is, how
    long it pauses, how the sensor is held, and how far it swings, gravity with it; a sample has
    its own tempo, force, phase, tilt and noise. Many classes of few samples: features that tell
    400 apart serve motions that were never seen better than those that tell 48.
    """
    return _all("motions", gyroscope=False)


def load_motions6() -> Dataset:
    """As `load_motions`, with a gyroscope; always the same.

    The motions turn the sensor about a second axis too, which changes gravity as well.
    """
    return _all("motions6", gyroscope=True)


def _all(name: str, gyroscope: bool) -> Dataset:
    parts = [generate(label, _TRAIN + _TEST, gyroscope) for label in range(CLASSES)]
    return make_dataset(name, *by_class(parts, _TRAIN))


def to_pixels(values: NDArray[np.float64], steps: float = _STEPS_A_G) -> NDArray[np.uint8]:
    """Readings, any shape, as a board's bytes; without ``steps`` in g, cut at -2 g and +2 g."""
    return np.clip(np.rint(128 + steps * values), 0, 255).astype(np.uint8)


def generate(label: int, count: int, gyroscope: bool = False) -> NDArray[np.uint8]:
    """Samples (count, 128, 1, 3) of one generated class, (count, 128, 1, 6) with a gyroscope.

    `CLASSES` classes are to pretrain on; any other label is a motion that nobody trained on.
    """
    rng = np.random.default_rng([_SEED, label])
    rhythm = np.exp(rng.uniform(np.log(0.3), np.log(4)))
    force = rng.choice([0.0, 0.1, 0.3, 0.6, 1.2], p=[0.08, 0.17, 0.3, 0.27, 0.18])
    amplitude = (
        force * rng.gamma(1.0, 0.7, (_HARMONICS, 3)) / np.arange(1, _HARMONICS + 1)[:, None]
    )
    phase = rng.uniform(0, 2 * np.pi, (_HARMONICS, 3))
    abrupt, duty = rng.choice([1.0, 2.0, 4.0]), rng.choice([0.3, 0.6, 1.0])
    gravity, axis = _direction(rng), _direction(rng)
    swing, turns = rng.choice([0.0, 0.3, 0.8, 1.5]), rng.choice([1, 2])
    swing_phase = rng.uniform(0, 2 * np.pi)

    tempo = rhythm * np.exp(0.15 * rng.standard_normal((count, 1)))
    wobble = 0.1 * np.cumsum(rng.standard_normal((count, LENGTH)), axis=1) / np.sqrt(LENGTH)
    beat = tempo * np.arange(LENGTH) / RATE_HZ + rng.uniform(0, 1, (count, 1)) + wobble
    on = np.clip((duty - beat % 1) * 8, 0, 1) if duty < 1 else np.ones_like(beat)
    size = np.exp(0.25 * rng.standard_normal((count, 1)))
    k = np.arange(1, _HARMONICS + 1)
    waves = np.sin(2 * np.pi * beat[:, :, None, None] * k[:, None] + phase)
    move = (amplitude * waves).sum(axis=2)
    move = np.sign(move) * np.abs(move) ** abrupt * (on * size)[:, :, None]
    angle = swing * size * on * np.sin(2 * np.pi * turns * beat + swing_phase)
    noise = 0.02 * np.exp(0.5 * rng.standard_normal((count, 1, 1)))
    down = _turned(gravity, axis, angle)
    if not gyroscope:
        signal = move + down + noise * rng.standard_normal(move.shape)
        return to_pixels(np.einsum("ntd,ned->nte", signal, _tilts(count, rng)))[:, :, None]
    second = _direction(rng)
    twist = rng.choice([0.0, 0.2, 0.6]) * size * on
    twist *= np.sin(2 * np.pi * rng.choice([1, 2, 3]) * beat + rng.uniform(0, 2 * np.pi))
    signal = move + _turned(down, second, twist) + noise * rng.standard_normal(move.shape)
    # What turns by an angle in the sensor's frame stands still: the sensor turns by its negative.
    rates = -_rate(twist) * second - _rate(angle) * _turned(axis, second, twist)
    rates += _GYROSCOPE_BIAS * rng.standard_normal((count, 1, 3))
    rates += _GYROSCOPE_NOISE * rng.standard_normal(rates.shape)
    tilts = _tilts(count, rng)
    pixels = [
        to_pixels(np.einsum("ntd,ned->nte", readings, tilts), steps)
        for readings, steps in ((signal, _STEPS_A_G), (rates, _STEPS_A_RADIAN))
    ]
    return np.concatenate(pixels, axis=2)[:, :, None]


def _direction(rng: np.random.Generator) -> NDArray[np.float64]:
    v = rng.standard_normal(3)
    return v / np.linalg.norm(v)


def _turned(
    v: NDArray[np.float64], axis: NDArray[np.float64], angle: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Vectors v (3,) or (..., 3), turned about a unit axis by each angle: (..., 3) (Rodrigues)."""
    cos, sin = np.cos(angle)[..., None], np.sin(angle)[..., None]
    return v * cos + np.cross(axis, v) * sin + axis * (v @ axis)[..., None] * (1 - cos)


def _rate(angle: NDArray[np.float64]) -> NDArray[np.float64]:
    """How fast angles (N, 128) change, in radians a second: (N, 128, 1)."""
    return np.gradient(angle, 1 / RATE_HZ, axis=1)[:, :, None]


def _tilts(count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Random rotations (count, 3, 3), of about 30 degrees for each axis."""
    a = _TILT * rng.standard_normal((count, 3))
    zero = np.zeros(count)
    skew = np.array(
        [[zero, -a[:, 2], a[:, 1]], [a[:, 2], zero, -a[:, 0]], [-a[:, 1], a[:, 0], zero]]
    ).transpose(2, 0, 1)
    q, _ = np.linalg.qr(np.eye(3) + skew + skew @ skew / 2)
    return q * np.sign(np.einsum("nii->ni", q))[:, None, :]
