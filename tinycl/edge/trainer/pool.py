"""Maximum pooling that keeps one flag for each input."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from tinycl.edge.trainer.saved_activations import Flags
from tinycl.edge.trainer.workspace import CHUNK, chunks
from tinycl.models.networks import Shape

__all__ = ["MaxPool"]

Values = npt.NDArray[np.floating]


class MaxPool:
    """Pooling over squares of ``side``, not overlapping; rows and columns left over are dropped.

    The gradient goes to the first largest element of a square, in reading order: sums of signs
    are often equal.

    Parameters
    ----------
    shape
        (height, width, channels) of the input.
    mask
        Keeps (samples, height * width * channels) flags.
    """

    def __init__(self, shape: Shape, side: int, mask: Flags) -> None:
        self.shape, self.side = shape, side
        self.mask = mask
        height, width, channels = shape
        self.pooled = (height // side, width // side, channels)
        self._squares = [(i, j) for i in range(side) for j in range(side)]
        self._samples = max(1, 4 * CHUNK // (height * width * channels))

    def forward(self, x: Values, y: Values) -> None:
        """Write (samples, pooled elements) into ``y``; ``x`` is (samples, elements)."""
        for start, stop in chunks(len(x), self._samples):
            # float32, since numpy compares float16 one by one
            image = x[start:stop].astype(np.float32).reshape(-1, *self.shape)
            largest = self._at(image, 0, 0).copy()
            for i, j in self._squares[1:]:
                np.maximum(largest, self._at(image, i, j), out=largest)
            flags = np.zeros(image.shape, np.bool_)
            is_open = np.ones(largest.shape, np.bool_)
            for i, j in self._squares:
                hit = (self._at(image, i, j) == largest) & is_open
                self._at(flags, i, j)[...] = hit
                is_open &= ~hit
            y[start:stop] = largest.reshape(stop - start, -1)
            self.mask.put(start, stop, flags.reshape(stop - start, -1))

    def backward(self, dy: Values, dx: Values) -> None:
        """Write the gradient of the input, zero where the maximum was not."""
        for start, stop in chunks(len(dy), self._samples):
            flags = self.mask.get(start, stop).reshape(-1, *self.shape)
            image = dx[start:stop].reshape(-1, *self.shape)
            image[...] = 0
            grown = dy[start:stop].astype(np.float32).reshape(-1, *self.pooled)
            for i, j in self._squares:
                self._at(image, i, j)[...] = grown * self._at(flags, i, j)

    def _at(self, image: npt.NDArray[Any], i: int, j: int) -> npt.NDArray[Any]:
        """The element (i, j) of every square, a view."""
        height, width, _ = self.pooled
        side = self.side
        return image[:, i : height * side : side, j : width * side : side]
