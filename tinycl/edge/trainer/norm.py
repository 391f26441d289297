"""Batch norm that divides by the mean magnitude and keeps bits for the backward pass."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tinycl.edge.trainer.optimizers import Adam, Update
from tinycl.edge.trainer.saved_activations import Bits
from tinycl.edge.trainer.workspace import CHUNK, FloatArray, Workspace, chunks, saturated

__all__ = ["TINY", "BatchNorm", "L1Norm"]

TINY = 1e-6
"""A channel whose deviation is below this does not vary: its X' is 0, and so is its gradient."""

_MOMENTUM = 0.9
Values = npt.NDArray[np.floating]


class Beta:
    """The float32 vector that is added after normalising; Adam trains it."""

    def __init__(self, channels: int) -> None:
        self.values: FloatArray = np.zeros(channels, np.float32)
        self.slots = [np.zeros(channels, np.float32) for _ in range(2)]
        self.step = 1
        self._adam = Adam()

    def update(self, gradient: FloatArray) -> None:
        """One step of Adam; ``gradient`` is overwritten."""
        work = np.empty_like(self.values)
        self._adam.apply(Update(self.step, self.values, gradient, self.slots, work, 1.0))
        self.step += 1


class BatchNorm:
    """What `L1Norm` and `L2Norm` share: beta, moving averages, and the work in chunks.

    Parameters
    ----------
    positions, channels
        Of one sample: it has positions * channels elements.
    is_last
        No sign follows: Xn itself comes out, and there is no window.
    """

    def __init__(
        self, positions: int, channels: int, batch: int, is_last: bool, workspace: Workspace
    ) -> None:
        self.size, self.channels = positions * channels, channels
        self.beta = Beta(channels)
        self.mu, self.psi = np.zeros(channels, np.float32), np.ones(channels, np.float32)
        self._is_last = is_last
        self._workspace = workspace
        self._samples = min(batch, max(1, CHUNK // self.size))

    def _average(self, mu: Values, psi: Values) -> None:
        """Let the moving averages follow a batch's mean and deviation."""
        self.mu += (1 - _MOMENTUM) * (mu - self.mu)
        self.psi += (1 - _MOMENTUM) * (psi - self.psi)

    def _chunks(self, y: Values) -> list[tuple[int, int]]:
        return chunks(len(y), self._samples)


class L1Norm(BatchNorm):
    """``mu = mean(Y); psi = mean|Y - mu|; X' = (Y - mu) / psi; Xn = X' + beta``, and its sign.

    Means are over samples and positions, one for each channel. Kept for the backward pass, as
    bits: sgn(X'), sgn(Xn), \\|Xn\\| <= 1; for each channel: psi and omega = mean\\|X'\\|. With the
    gradient of Xn zero outside of \\|Xn\\| <= 1::

        v = dXn / psi
        dY = v - mean(v) - sgn(X') * mean(v * sgn(X') * omega)
        dbeta = sum(dXn)
    """

    def __init__(
        self, positions: int, channels: int, batch: int, is_last: bool, workspace: Workspace
    ) -> None:
        super().__init__(positions, channels, batch, is_last, workspace)
        self.before = Bits(batch, self.size)
        self.output = Bits(0 if is_last else batch, self.size)
        self.window = Bits(0 if is_last else batch, self.size)
        self._inverse, self._omega = np.ones((2, channels), np.float32)
        for name in ("norm", "norm signs"):
            workspace.reserve(name, self._samples * self.size)

    def forward(self, y: Values) -> None:
        """Normalise (samples, elements), in training; keep what the backward pass needs."""
        count = y.size // self.channels
        mu, psi, omega = np.zeros((3, self.channels))
        for start, stop in self._chunks(y):
            mu += self._load(y, start, stop).sum(axis=0)
        mu /= count
        for start, stop in self._chunks(y):
            values = self._load(y, start, stop)
            values -= mu
            psi += np.abs(values, out=values).sum(axis=0)
        psi /= count
        self._average(mu, psi)
        self._inverse = _inverse(psi)
        for start, stop in self._chunks(y):
            values = self._load(y, start, stop)
            values -= mu
            values *= self._inverse
            omega += np.abs(values).sum(axis=0)
            self.before.put(start, stop, (values < 0).reshape(stop - start, -1))
            self._finish(values, y, start, stop)
        self._omega = (omega / count).astype(np.float32)

    def infer(self, y: Values) -> None:
        """Normalise by the moving averages."""
        inverse = _inverse(self.psi)
        for start, stop in self._chunks(y):
            values = self._load(y, start, stop)
            values -= self.mu
            values *= inverse
            self._finish(values, y, start, stop)

    def backward(self, d: Values, scale: float) -> None:
        """Turn dXn into dY in place, and update beta.

        Parameters
        ----------
        scale
            By how much the gradients of the loss were multiplied.
        """
        count = d.size // self.channels
        dbeta, weighted = np.zeros((2, self.channels))
        for start, stop in self._chunks(d):
            values, signs = self._load(d, start, stop), self._signs(start, stop)
            if not self._is_last:
                values *= self.window.get(start, stop).reshape(values.shape)
                d[start:stop] = values.reshape(stop - start, -1)
            dbeta += values.sum(axis=0)
            signs *= values
            weighted += signs.sum(axis=0)
        mean = dbeta * self._inverse / count
        weighted *= self._omega * self._inverse / count
        for start, stop in self._chunks(d):
            values, signs = self._load(d, start, stop), self._signs(start, stop)
            values *= self._inverse
            values -= mean
            signs *= weighted
            values -= signs
            d[start:stop] = saturated(values, d.dtype).reshape(stop - start, -1)
        self.beta.update((dbeta / scale).astype(np.float32))

    def _finish(self, values: FloatArray, y: Values, start: int, stop: int) -> None:
        values += self.beta.values
        flat = values.reshape(stop - start, -1)
        if self._is_last:
            y[start:stop] = flat
            return
        self.output.put(start, stop, flat < 0)
        self.window.put(start, stop, np.abs(flat, out=flat) <= 1)

    def _load(self, y: Values, start: int, stop: int) -> FloatArray:
        """(samples * positions, channels) float32."""
        shape = (y[start:stop].size // self.channels, self.channels)
        values = self._workspace.take("norm", *shape)
        values[...] = y[start:stop].reshape(shape)
        return values

    def _signs(self, start: int, stop: int) -> FloatArray:
        flat = self._workspace.take("norm signs", stop - start, self.before.size)
        self.before.samples(start, stop, flat)
        return flat.reshape(-1, self.channels)


def _inverse(psi: npt.NDArray[np.floating]) -> FloatArray:
    """1 / psi, or 0 where there is no deviation."""
    return np.where(psi > TINY, 1 / np.maximum(psi, TINY), 0).astype(np.float32)
