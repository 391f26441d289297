"""Batch norm with a mean of magnitudes for a deviation, and bits for a memory."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tinycl.edge.trainer.kept import Bits
from tinycl.edge.trainer.offset import Offset
from tinycl.edge.trainer.scratch import CHUNK, Floats, Scratch, parts, saturated

__all__ = ["TINY", "L1Norm"]

TINY = 1e-6
"""A channel whose deviation is below this does not vary: its X' is 0, and so is its gradient."""

_MOMENTUM = 0.9
Values = npt.NDArray[np.floating]


class L1Norm:
    """``mu = mean(Y); psi = mean|Y - mu|; X' = (Y - mu) / psi; Xn = X' + beta``, and its sign.

    Means are over samples and positions, one for each channel. Kept for the backward pass, as
    bits: sgn(X'), sgn(Xn), \\|Xn\\| <= 1; for each channel: psi and omega = mean\\|X'\\|. With the
    gradient of Xn zero outside of \\|Xn\\| <= 1::

        v = dXn / psi
        dY = v - mean(v) - sgn(X') * mean(v * sgn(X') * omega)
        dbeta = sum(dXn)

    Parameters
    ----------
    positions, channels
        Of one sample: it has positions * channels elements.
    is_last
        No sign follows: Xn itself comes out, and there is no window.
    """

    def __init__(
        self, positions: int, channels: int, batch: int, is_last: bool, scratch: Scratch
    ) -> None:
        size = positions * channels
        self.channels = channels
        self.offset = Offset(channels)
        self.mu, self.psi = np.zeros(channels, np.float32), np.ones(channels, np.float32)
        self.before = Bits(batch, size)
        self.output = Bits(0 if is_last else batch, size)
        self.window = Bits(0 if is_last else batch, size)
        self._is_last = is_last
        self._inverse, self._omega = np.ones((2, channels), np.float32)
        self._scratch = scratch
        self._samples = max(1, CHUNK // size)
        for name in ("norm", "norm signs"):
            scratch.reserve(name, min(self._samples, batch) * size)

    @property
    def kept_bytes(self) -> int:
        """Bytes kept from the forward to the backward pass."""
        return sum(bits.packed.nbytes for bits in (self.before, self.output, self.window))

    def forward(self, y: Values) -> None:
        """Normalise (samples, elements), in training; keep what the backward pass needs."""
        count = y.size // self.channels
        mu, psi, omega = np.zeros((3, self.channels))
        for start, stop in self._parts(y):
            mu += self._load(y, start, stop).sum(axis=0)
        mu /= count
        for start, stop in self._parts(y):
            values = self._load(y, start, stop)
            values -= mu
            psi += np.abs(values, out=values).sum(axis=0)
        psi /= count
        self.mu += (1 - _MOMENTUM) * (mu - self.mu)
        self.psi += (1 - _MOMENTUM) * (psi - self.psi)
        self._inverse = _inverse(psi)
        for start, stop in self._parts(y):
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
        for start, stop in self._parts(y):
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
        for start, stop in self._parts(d):
            values, signs = self._load(d, start, stop), self._signs(start, stop)
            if not self._is_last:
                values *= self.window.get(start, stop).reshape(values.shape)
                d[start:stop] = values.reshape(stop - start, -1)
            dbeta += values.sum(axis=0)
            signs *= values
            weighted += signs.sum(axis=0)
        mean = dbeta * self._inverse / count
        weighted *= self._omega * self._inverse / count
        for start, stop in self._parts(d):
            values, signs = self._load(d, start, stop), self._signs(start, stop)
            values *= self._inverse
            values -= mean
            signs *= weighted
            values -= signs
            d[start:stop] = saturated(values, d.dtype).reshape(stop - start, -1)
        self.offset.update((dbeta / scale).astype(np.float32))

    def _finish(self, values: Floats, y: Values, start: int, stop: int) -> None:
        values += self.offset.beta
        flat = values.reshape(stop - start, -1)
        if self._is_last:
            y[start:stop] = flat
            return
        self.output.put(start, stop, flat < 0)
        self.window.put(start, stop, np.abs(flat, out=flat) <= 1)

    def _parts(self, y: Values) -> list[tuple[int, int]]:
        return parts(len(y), self._samples)

    def _load(self, y: Values, start: int, stop: int) -> Floats:
        """(samples * positions, channels) float32."""
        shape = (y[start:stop].size // self.channels, self.channels)
        values = self._scratch.take("norm", *shape)
        values[...] = y[start:stop].reshape(shape)
        return values

    def _signs(self, start: int, stop: int) -> Floats:
        flat = self._scratch.take("norm signs", stop - start, self.before.size)
        self.before.samples(start, stop, flat)
        return flat.reshape(-1, self.channels)


def _inverse(psi: npt.NDArray[np.floating]) -> Floats:
    """1 / psi, or 0 where there is no deviation."""
    return np.where(psi > TINY, 1 / np.maximum(psi, TINY), 0).astype(np.float32)
