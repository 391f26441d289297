"""Generated drawings of symbols: each class has its own random strokes, each sample its own hand.

A class is a few strokes, each a smooth curve, a straight one, or a ring; a sample moves their
control points, turns, shears and scales the whole, and takes another pen. Features that tell many
such classes apart also serve letters and signs that were never seen.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tinycl.data.dataset import Dataset, by_class, make_dataset

__all__ = ["SIDE", "add_to_digits", "draw", "load_symbols"]

SIDE = 28
CLASSES = 100
_TRAIN, _TEST = 300, 40
_SEED = 20
_POINTS = 40  # along a stroke
_CONTROLS = 4  # of a stroke


def load_symbols() -> Dataset:
    """100 classes of 300 and 40 samples, 28 x 28 grey, light on dark; always the same."""
    return make_dataset("symbols", *_samples())


def add_to_digits(digits: Dataset) -> Dataset:
    """The data set ``drawn``: MNIST's ten digits, and the symbols as classes 10 to 109."""
    (x, y), (x_test, y_test) = _samples()
    grey = (-1, SIDE, SIDE)
    return make_dataset(
        "drawn",
        (np.concatenate([digits.x_train.reshape(grey), x]), np.append(digits.y_train, y + 10)),
        (
            np.concatenate([digits.x_test.reshape(grey), x_test]),
            np.append(digits.y_test, y_test + 10),
        ),
        (*digits.class_names, *(f"symbol {i}" for i in range(CLASSES))),
    )


def draw(label: int, count: int) -> NDArray[np.uint8]:
    """Samples of one class.

    Parameters
    ----------
    label
        Any number from 0 on: the class is a function of it.

    Returns
    -------
    numpy.ndarray
        uint8 (count, 28, 28), 0 the ground, 255 the pen.
    """
    rng = np.random.default_rng([_SEED, label])
    strokes = [_stroke(rng) for _ in range(rng.integers(2, 5))]
    jitter = 0.05 * rng.standard_normal((count, len(strokes), _CONTROLS, 2))
    controls = np.array([c for c, _ in strokes])[None] + jitter
    bases = np.array([b for _, b in strokes])
    points = np.einsum("spc,nscd->nspd", bases, controls).reshape(count, -1, 2)
    return _ink(_hand(points, rng), rng.uniform(0.7, 1.5, count))


def _samples() -> tuple[tuple[NDArray, NDArray], tuple[NDArray, NDArray]]:
    parts = [draw(label, _TRAIN + _TEST) for label in range(CLASSES)]
    return by_class(parts, _TRAIN)


def _stroke(rng: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Control points (4, 2) within the unit square, and weights (points, 4) that join them."""
    t = np.linspace(0, 1, _POINTS)[:, None]
    kind = rng.choice(["curve", "line", "ring"], p=[0.5, 0.35, 0.15])
    if kind == "ring":
        centre, radius = rng.uniform(0.3, 0.7, 2), rng.uniform(0.1, 0.25)
        around = 2 * np.pi * t
        weights = np.hstack(
            [1 + np.cos(around), 1 - np.cos(around), np.sin(around), -np.sin(around)]
        )
        sides = np.array([[1, 0], [-1, 0], [0, 1], [0, -1]])
        return centre + radius * sides, _affine(weights / 2)
    ends = rng.uniform(0.05, 0.95, (_CONTROLS, 2))
    if kind == "line":
        while np.hypot(*(ends[0] - ends[3])) < 0.35:
            ends = rng.uniform(0.05, 0.95, (_CONTROLS, 2))
        ends = ends[0] + np.linspace(0, 1, _CONTROLS)[:, None] * (ends[3] - ends[0])
    return ends, np.hstack([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3])


def _affine(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Make each row sum to 1, so that a moved control polygon moves the curve with it."""
    return weights + (1 - weights.sum(axis=1, keepdims=True)) / weights.shape[1]


def _hand(points: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Turn, shear, scale and shift each sample's points about the middle."""
    count = len(points)
    turn, shear = np.deg2rad(rng.uniform(-12, 12, count)), rng.uniform(-0.2, 0.2, count)
    cos, sin = np.cos(turn), np.sin(turn)
    matrix = np.array([[cos, shear * cos - sin], [sin, shear * sin + cos]]).transpose(2, 0, 1)
    matrix *= rng.uniform(0.75, 1.05, (count, 2, 1))
    middle = (points.max(axis=1, keepdims=True) + points.min(axis=1, keepdims=True)) / 2
    shift = rng.uniform(-0.07, 0.07, (count, 1, 2))
    return np.einsum("npd,ned->npe", points - middle, matrix) + 0.5 + shift


def _ink(points: NDArray[np.float64], pen: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Pixels by their distance to the nearest point, ``pen`` the radius in pixels."""
    grid = (np.arange(SIDE) + 0.5) / SIDE * 1.2 - 0.1
    out = np.empty((len(points), SIDE, SIDE), np.uint8)
    for i, (sample, radius) in enumerate(zip(points, pen, strict=True)):
        dx = (grid[None, :] - sample[:, :1]) ** 2
        dy = (grid[None, :] - sample[:, 1:]) ** 2
        nearest = np.sqrt((dy[:, :, None] + dx[:, None, :]).min(axis=0)) * SIDE / 1.2
        out[i] = np.rint(255 * np.clip(radius + 0.5 - nearest, 0, 1))
    return out
