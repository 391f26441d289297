"""Full depth in float32: what the integers cost, on the same stream of mini-batches.

The normalisation and its running statistics, the learning rates and rules, the random weights to
begin with and the scale of the errors (a power of two a layer, which follows them) are those of
``trainable.full``, and so is the limit of the errors, which keeps gradients small; nothing is
rounded.

Source: Wang et al., 2102.04270.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from tinycl_rt.config import Config
from tinycl_rt.kernels.numpy import core as k
from tinycl_rt.kernels.numpy import tail as kt
from tinycl_rt.lib.integers import Rng, bits, isqrt
from tinycl_rt.model.loader import Model
from tinycl_rt.trainable.full import Full, Layer

from tinycl.experiment.float32.layer import Bits, FloatArray, FloatLayer
from tinycl.experiment.float32.tail import FloatTail

__all__ = ["FloatFull"]

_FORGET = 1 / 16  # of the running means, a mini-batch
_MOST_RATIO = 16  # of two psi
_LIMIT = 127 / 128  # the largest error that the integers have


class FullLayer(FloatLayer):
    """A binary convolution with l1 batch norm, of the latent weights of an integer layer."""

    def __init__(self, layer: Layer, config: Config) -> None:
        p = layer.p
        oc = p[11]
        latent = np.array(layer.latent, np.float32).reshape(oc, -1)
        latent /= np.float32(128 << 8 * config.wide)
        signs = kt.signs(layer.w, p).reshape(oc, -1)
        rate = 2.0 ** -(config.tail_lr + bits(p[9] * p[10]) + bits(config.replay_batch + 1) // 2)
        super().__init__(p, config, rate, signs, latent, np.zeros(oc))
        self.trains_thresholds = False  # they follow the statistics
        self._beta = np.zeros(oc)
        self._mean_mu = np.zeros(oc)
        self._mean_psi = np.full(oc, isqrt(p[2] * p[3] * p[4]), np.float64)
        self._lowest = -layer.norm[-1]
        self.shift = 0  # errors from above come 2^-shift as large

    def forward(self, x: Bits) -> tuple[Bits, npt.NDArray[np.bool_]]:
        """Normalised by the statistics of the mini-batch; one image by the running ones."""
        if len(x) == 1:
            return super().forward(x)
        n, (oh, ow, oc) = len(x), self.p[9:12]
        self._columns = kt.columns(self.p, n, x)
        d = self._columns @ self._signs.T
        mu = d.mean(axis=0, dtype=np.float64)
        d = d - mu
        self._psi = np.maximum(np.abs(d).mean(axis=0), 1)
        self._side = np.where(d < 0, np.float32(-1), np.float32(1))
        z = (d / self._psi + self._beta).reshape(n, oh, ow, oc)
        self._mean_mu += _FORGET * (mu - self._mean_mu)
        self._mean_psi += _FORGET * (self._psi - self._mean_psi)
        self._thresholds = self._mean_mu - self._beta * self._mean_psi
        return k.pack(z < 0), np.abs(z) <= 1

    def normalise(self, e: FloatArray) -> FloatArray:
        """Errors of z -> of the accumulators; the scale of the next mini-batch's follows."""
        flat = _cut(e.reshape(-1, self.p[11]) * np.float32(2.0**-self.shift))
        peak = float(np.abs(flat).max())
        if self._config.thresholds:
            step = np.sign(flat.sum(axis=0)) / 128
            self._beta = np.clip(self._beta - step, -127 / 128, 127 / 128)
        s = self._side
        ratio = np.minimum(self._psi.mean() / self._psi, _MOST_RATIO)
        flat = (flat - flat.mean(axis=0) - s * (flat * s).mean(axis=0)) * ratio
        if peak >= _LIMIT:
            self.shift += 1
        elif 0 < 2 * peak <= _LIMIT:
            self.shift = max(self.shift - 1, self._lowest)
        return _cut(flat).astype(np.float32).reshape(e.shape)


def _cut(e: FloatArray) -> FloatArray:
    return np.clip(e, -_LIMIT, _LIMIT)


class FloatFull(FloatTail):
    """In place of ``tinycl_rt.trainable.full.Full``: the same methods, float32 inside.

    Parameters
    ----------
    whole
        The integer learner's layers, whose random weights these ones start from.
    model, config, rng
        The learner's.
    """

    def __init__(self, whole: Full, model: Model, config: Config, rng: Rng) -> None:
        self._begin(model, config, rng, whole.first)
        self.chain: list[Any] = [
            (p, layer and FullLayer(layer, config), mask) for p, layer, mask in whole.chain
        ]

    def backward(self, n: int) -> None:
        """As a tail's; one sample alone has no statistics and teaches the head only."""
        if n > 1:
            super().backward(n)
