"""Batch norm as frameworks train it: float32 activations kept, a standard deviation."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tinycl.edge.trainer.kept import RealSigns
from tinycl.edge.trainer.offset import Offset
from tinycl.edge.trainer.scratch import CHUNK, Floats, Scratch, parts

__all__ = ["L2Norm"]

_EPSILON = 1e-3
_MOMENTUM = 0.9
Values = npt.NDArray[np.floating]


class L2Norm:
    """``X' = (Y - mean) / deviation; Xn = X' + beta``; Xn is kept as float32.

    The gradient of Xn is zero outside of \\|Xn\\| <= 1, then::

        v = dXn / deviation;  dY = v - mean(v) - X' * mean(v * X')

    Takes what `tinycl.edge.trainer.norm.L1Norm` takes; ``psi`` is the deviation.
    """

    def __init__(
        self, positions: int, channels: int, batch: int, is_last: bool, scratch: Scratch
    ) -> None:
        self.channels = channels
        self.offset = Offset(channels)
        self.mu, self.psi = np.zeros(channels, np.float32), np.ones(channels, np.float32)
        self.output = RealSigns(batch, positions * channels)
        self._deviation = self.psi
        self._is_last = is_last
        self._scratch = scratch
        self._samples = min(batch, max(1, CHUNK // (positions * channels)))
        for name in ("norm", "norm product"):
            scratch.reserve(name, self._samples * positions * channels)

    @property
    def kept_bytes(self) -> int:
        """Bytes kept from the forward to the backward pass."""
        return self.output.values.nbytes

    def forward(self, y: Values) -> None:
        """Normalise (samples, elements), in training; keep what the backward pass needs."""
        count = y.size // self.channels
        mu, squares = np.zeros((2, self.channels))
        for start, stop in self._parts(y):
            mu += self._rows(y[start:stop]).sum(axis=0)
        mu /= count
        for start, stop in self._parts(y):
            centred = self._scratch.take("norm", *self._rows(y[start:stop]).shape)
            np.subtract(self._rows(y[start:stop]), mu, out=centred)
            squares += np.square(centred, out=centred).sum(axis=0)
        deviation = np.sqrt(squares / count + _EPSILON)
        self.mu += (1 - _MOMENTUM) * (mu - self.mu)
        self.psi += (1 - _MOMENTUM) * (deviation - self.psi)
        self._deviation = deviation.astype(np.float32)
        self._finish(y, mu, deviation)

    def infer(self, y: Values) -> None:
        """Normalise by the moving averages."""
        self._finish(y, self.mu, self.psi)

    def backward(self, d: Values, scale: float) -> None:
        """Turn dXn into dY in place, and update beta."""
        count = d.size // self.channels
        dbeta, weighted = np.zeros((2, self.channels))
        for start, stop in self._parts(d):
            rows, kept = self._rows(d[start:stop]), self._rows(self.output.values[start:stop])
            if not self._is_last:
                rows *= np.abs(kept) <= 1
            dbeta += rows.sum(axis=0)
            weighted += (rows * (kept - self.offset.beta)).sum(axis=0)
        mean, weighted = dbeta / count, weighted / count
        for start, stop in self._parts(d):
            rows, kept = self._rows(d[start:stop]), self._rows(self.output.values[start:stop])
            product = self._scratch.take("norm product", *rows.shape)
            np.subtract(kept, self.offset.beta, out=product)
            product *= weighted
            rows -= mean
            rows -= product
            rows /= self._deviation
        self.offset.update((dbeta / scale).astype(np.float32))

    def _finish(self, y: Values, mu: Values, deviation: Values) -> None:
        for start, stop in self._parts(y):
            kept = self._rows(self.output.values[start:stop])
            np.subtract(self._rows(y[start:stop]), mu, out=kept)
            kept /= deviation
            kept += self.offset.beta
            if self._is_last:
                self._rows(y[start:stop])[...] = kept

    def _parts(self, y: Values) -> list[tuple[int, int]]:
        return parts(len(y), self._samples)

    def _rows(self, part: Values) -> Floats:
        return part.reshape(-1, self.channels)
