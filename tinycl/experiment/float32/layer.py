"""A binary convolution of a float32 tail.

Source: Courbariaux et al., 1602.02830; Helwegen et al., 1906.02107 (Bop).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from tinycl_rt.config import BOP, SIGN, Config
from tinycl_rt.kernels.numpy import core as k
from tinycl_rt.kernels.numpy import tail as kt
from tinycl_rt.lib.integers import bits, isqrt
from tinycl_rt.trainable import layers

__all__ = ["Bits", "FloatArray", "FloatLayer"]

FloatArray = npt.NDArray[np.float32]
Bits = npt.NDArray[np.uint8]


class FloatLayer:
    """A binary convolution with float32 latent weights (oc, kh * kw * c) within -1..1.

    Parameters
    ----------
    p
        Numbers of the operator, see ``tinycl_rt.kernels.reference.core``.
    config
    rate
        A latent weight moves by so much for a gradient of 1.
    signs
        float32, -1 and +1: the weights to begin with.
    latent
        What stands behind them.
    thresholds
        The operator's table.

    Attributes
    ----------
    w : bytes
        Signs of the latent weights, packed.
    t : numpy.ndarray
        int32: the least accumulator that is not negative.
    trains_thresholds : bool
    """

    def __init__(
        self,
        p: Any,
        config: Config,
        rate: float,
        signs: FloatArray,
        latent: FloatArray,
        thresholds: Any,
    ) -> None:
        self.p = p
        kh, kw, ci, oc = p[3], p[4], p[2], p[11]
        self._config = config
        self.trains_thresholds = bool(config.thresholds)
        self.half = isqrt(kh * kw * ci)
        self.back = np.float32(2.0 ** -(bits(kh * kw * oc) // 2))
        self._first_rate = self._rate = np.float32(rate)
        self._signs, self._latent = signs, latent
        self._mean = np.zeros_like(latent)
        self._thresholds = np.array(thresholds, np.float64)
        self._settle()

    @classmethod
    def of(cls, op: Any, config: Config) -> FloatLayer:
        """A layer of a model, whose latent weights stand as far from 0 as the margin says."""
        signs = kt.signs(op.weights, op.p).reshape(op.p[11], -1)
        rate = 2.0 ** -(config.tail_lr + bits(op.p[9] * op.p[10]))
        latent = signs * np.float32(config.tail_margin / 128)
        return cls(op.p, config, rate, signs, latent, op.table)

    def _settle(self) -> None:
        oc, taps = self.p[11], self.p[3] * self.p[4]
        self.w = k.pack(self._signs.reshape(oc, taps, self.p[2]) < 0).tobytes()
        self.t = np.ceil(self._thresholds).astype(np.int32)

    def decay_rate(self, experience: int) -> None:
        """Half the rate for experience 1, a quarter for 2 and 3, and so on."""
        self._rate = self._first_rate * np.float32(2.0 ** -bits(experience))

    def forward(self, x: Bits) -> tuple[Bits, npt.NDArray[np.bool_]]:
        """Packed bits (n, h, w, bytes) -> those of the output, and its window (n, oh, ow, oc)."""
        n, (oh, ow, oc) = len(x), self.p[9:12]
        self._columns = kt.columns(self.p, n, x)
        acc = (self._columns @ self._signs.T).reshape(n, oh, ow, oc)
        d = acc - kt.thresholds(self.p, self.t)
        return k.pack(d < 0), np.abs(d) <= self.half

    def backward(self, e: FloatArray) -> FloatArray:
        """Errors (n, oh, ow, oc) -> those of the input (n, h, w, c), scaled down."""
        h, w, c, kh, kw, sh, sw, top, left, oh, ow, oc = self.p[:12]
        taps = (e.reshape(-1, oc) @ self._signs).reshape(len(e), oh, ow, kh, kw, c)
        rows = max((oh - 1) * sh + kh, top + h)
        columns = max((ow - 1) * sw + kw, left + w)
        whole = np.zeros((len(e), rows, columns, c), np.float32)
        for ky in range(kh):
            for kx in range(kw):
                ends = ky + (oh - 1) * sh + 1, kx + (ow - 1) * sw + 1
                whole[:, ky : ends[0] : sh, kx : ends[1] : sw] += taps[:, :, :, ky, kx]
        return whole[:, top : top + h, left : left + w] * self.back

    def normalise(self, e: FloatArray) -> FloatArray:
        """Errors behind the batch norm -> before it: the same, where it is frozen."""
        return e

    def update(self, e: FloatArray) -> int:
        """One step of the rule on the errors of a mini-batch; returns how many weights flip."""
        config, before = self._config, self._signs
        g = e.reshape(-1, self.p[11]).T @ self._columns
        if config.rule == BOP:
            wanted = np.clip(g * self._rate, -127 / 128, 127 / 128)
            self._mean += np.float32(2.0**-config.tail_decay) * (wanted - self._mean)
            margin = config.tail_margin / 128
            self._signs = np.where(self._mean > margin, np.float32(-1), self._signs)
            self._signs = np.where(self._mean < -margin, np.float32(1), self._signs)
        else:
            step = np.sign(g) * (config.tail_step / 128) if config.rule == SIGN else g * self._rate
            self._latent = np.clip(self._latent - step, -1, 1).astype(np.float32)
            self._signs = np.where(self._latent < 0, -1, 1).astype(np.float32)
        self._settle()
        return int(np.count_nonzero(before != self._signs))

    def move_thresholds(self, e: FloatArray) -> None:
        """One step of the thresholds on the errors of a mini-batch."""
        oc = self.p[11]
        sets = self._thresholds[layers.first_threshold(self.p) :]
        sets = sets[: len(sets) // oc * oc].reshape(-1, oc)
        sets += e.reshape(-1, oc).sum(axis=0) * self._first_rate * 1024
        self._settle()
