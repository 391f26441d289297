"""Batch norm as frameworks train it: float32 activations kept, a standard deviation."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tinycl.edge.trainer.norm import BatchNorm
from tinycl.edge.trainer.saved_activations import RealSigns
from tinycl.edge.trainer.workspace import FloatArray, Workspace

__all__ = ["L2Norm"]

_EPSILON = 1e-3
Values = npt.NDArray[np.floating]


class L2Norm(BatchNorm):
    """``X' = (Y - mean) / deviation; Xn = X' + beta``; Xn is kept as float32.

    The gradient of Xn is zero outside of \\|Xn\\| <= 1, then::

        v = dXn / deviation;  dY = v - mean(v) - X' * mean(v * X')

    ``psi`` is the deviation.
    """

    def __init__(
        self, positions: int, channels: int, batch: int, is_last: bool, workspace: Workspace
    ) -> None:
        super().__init__(positions, channels, batch, is_last, workspace)
        self.output = RealSigns(batch, self.size)
        self._deviation = self.psi
        for name in ("norm", "norm product"):
            workspace.reserve(name, self._samples * self.size)

    def forward(self, y: Values) -> None:
        """Normalise (samples, elements), in training; keep what the backward pass needs."""
        count = y.size // self.channels
        mu, squares = np.zeros((2, self.channels))
        for start, stop in self._chunks(y):
            mu += self._rows(y[start:stop]).sum(axis=0)
        mu /= count
        for start, stop in self._chunks(y):
            centred = self._workspace.take("norm", *self._rows(y[start:stop]).shape)
            np.subtract(self._rows(y[start:stop]), mu, out=centred)
            squares += np.square(centred, out=centred).sum(axis=0)
        deviation = np.sqrt(squares / count + _EPSILON)
        self._average(mu, deviation)
        self._deviation = deviation.astype(np.float32)
        self._finish(y, mu, deviation)

    def infer(self, y: Values) -> None:
        """Normalise by the moving averages."""
        self._finish(y, self.mu, self.psi)

    def backward(self, d: Values, scale: float) -> None:
        """Turn dXn into dY in place, and update beta."""
        count = d.size // self.channels
        dbeta, weighted = np.zeros((2, self.channels))
        for start, stop in self._chunks(d):
            rows, saved = self._rows(d[start:stop]), self._rows(self.output.values[start:stop])
            if not self._is_last:
                rows *= np.abs(saved) <= 1
            dbeta += rows.sum(axis=0)
            weighted += (rows * (saved - self.beta.values)).sum(axis=0)
        mean, weighted = dbeta / count, weighted / count
        for start, stop in self._chunks(d):
            rows, saved = self._rows(d[start:stop]), self._rows(self.output.values[start:stop])
            product = self._workspace.take("norm product", *rows.shape)
            np.subtract(saved, self.beta.values, out=product)
            product *= weighted
            rows -= mean
            rows -= product
            rows /= self._deviation
        self.beta.update((dbeta / scale).astype(np.float32))

    def _finish(self, y: Values, mu: Values, deviation: Values) -> None:
        for start, stop in self._chunks(y):
            saved = self._rows(self.output.values[start:stop])
            np.subtract(self._rows(y[start:stop]), mu, out=saved)
            saved /= deviation
            saved += self.beta.values
            if self._is_last:
                self._rows(y[start:stop])[...] = saved

    def _rows(self, part: Values) -> FloatArray:
        return part.reshape(-1, self.channels)
