"""Grey pictures of all kinds: digits, drawn symbols in both polarities, photographs of things."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tinycl.data.dataset import Dataset, make_dataset
from tinycl.data.symbols import SIDE

__all__ = ["to_grey", "to_things"]

_DIGITS = 2000  # a class of them has at most; MNIST has 6,000 and would outweigh the rest
_SEED = 60


def to_things(drawn: Dataset, photographs: Dataset) -> Dataset:
    """The data set ``things``: ``drawn`` and then CIFAR-100 in grey, 210 classes of 28 x 28.

    Every other drawn sample is dark on light, so that features do not depend on the polarity.
    """
    rng = np.random.default_rng(_SEED)
    pairs = []
    for x, y, photos, labels in (
        (drawn.x_train, drawn.y_train, photographs.x_train, photographs.y_train),
        (drawn.x_test, drawn.y_test, photographs.x_test, photographs.y_test),
    ):
        kept = np.concatenate([np.flatnonzero(y == j)[:_DIGITS] for j in np.unique(y)])
        pixels = x[kept].reshape(-1, SIDE, SIDE)
        dark = rng.random(len(pixels)) < 0.5
        pixels = np.where(dark[:, None, None], 255 - pixels, pixels)
        classes = np.append(y[kept], labels + drawn.num_classes)
        pairs.append((np.concatenate([pixels, to_grey(photos)]), classes))
    names = (*drawn.class_names, *photographs.class_names)
    return make_dataset("things", pairs[0], pairs[1], names)


def to_grey(colour: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Pictures (n, 32, 32, 3) as (n, 28, 28): luminance, each pixel the mean of what it covers."""
    weights = np.array([0.299, 0.587, 0.114], np.float32)
    cover = _cover(colour.shape[1])
    parts = [
        np.rint(cover @ (part @ weights) @ cover.T).astype(np.uint8)
        for part in np.array_split(colour, max(1, len(colour) // 1000))
    ]
    return np.concatenate(parts)


def _cover(side: int) -> NDArray[np.float32]:
    """Share of each old pixel in each new one along a side, (28, side)."""
    edges = np.arange(SIDE + 1) * side / SIDE
    at = np.arange(side)
    overlap = np.minimum(edges[1:, None], at + 1) - np.maximum(edges[:-1, None], at)
    return (np.clip(overlap, 0, None) * SIDE / side).astype(np.float32)
