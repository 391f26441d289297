"""Batches of mixed samples: labels become distributions over the classes."""

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["MIXES", "mix", "one_hot"]

Floats = npt.NDArray[np.float32]

MIXES = ("mixup", "cutmix")


def one_hot(labels: npt.NDArray[np.int64], outputs: int) -> Floats:
    """Labels (N,) as float32 (N, outputs)."""
    return np.eye(outputs, dtype=np.float32)[labels]


def mix(kind: str, x: Floats, y: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Mix each sample with another one of its batch, all in the same proportion.

    Parameters
    ----------
    kind
        ``mixup``: a weighted mean of the pixels (Zhang et al., 1710.09412), the weight drawn from
        Beta(0.2, 0.2). ``cutmix``: a rectangle of the other sample (Yun et al., 1905.04899), its
        part of the area drawn from 0..1.
    x, y
        float32 (N, H, W, C), and distributions (N, classes).

    Returns
    -------
    tuple
        Mixed samples and distributions, of the same shapes.
    """
    other = rng.permutation(len(x))
    if kind == "mixup":
        share: Any = np.float32(rng.beta(0.2, 0.2))
        return share * x + (1 - share) * x[other], share * y + (1 - share) * y[other]
    height, width = x.shape[1:3]
    side = np.sqrt(rng.random())
    rows, columns = round(side * height), round(side * width)
    top, left = rng.integers(0, height - rows + 1), rng.integers(0, width - columns + 1)
    mixed = x.copy()
    inside = np.s_[:, top : top + rows, left : left + columns]
    mixed[inside] = x[other][inside]
    share = np.float32(1 - rows * columns / (height * width))
    return mixed, share * y + (1 - share) * y[other]
