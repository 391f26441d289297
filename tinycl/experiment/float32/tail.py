"""The tail in float32: what the integers cost, on the same stream of samples and replayed ones.

Layers, windows, learning rates and rules are those of ``trainable.tail``; errors, latent weights
and thresholds are not rounded, and errors are not cut.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from tinycl_rt import tcm
from tinycl_rt.config import Config
from tinycl_rt.head import range_bits
from tinycl_rt.kernels.numpy import core as k
from tinycl_rt.lib.integers import Rng
from tinycl_rt.model.loader import Model
from tinycl_rt.trainable import layers as depth

from tinycl.experiment.float32.layer import Bits, FloatArray, FloatLayer

__all__ = ["FloatTail", "pool_back"]


class FloatTail:
    """In place of ``tinycl_rt.trainable.tail.Tail``: the same methods, float32 inside.

    Raises
    ------
    ValueError
        As ``tinycl_rt.trainable.layers.operators``.
    """

    def __init__(self, model: Model, config: Config, rng: Rng) -> None:
        ops = depth.operators(model, config)
        self._begin(model, config, rng, len(model.operators) - 1 - len(ops))
        self.chain = [
            (op.p, FloatLayer.of(op, config) if op.code == tcm.BCONV else None, op.table)
            for op in ops
        ]

    def _begin(self, model: Model, config: Config, rng: Rng, first: int) -> None:
        self._rng = rng
        self.flips = 0
        self.first = first
        h, w, c = model.tensors[model.operators[first].source].shape
        self._batch = np.zeros((config.replay_batch + 1, h, w, tcm.words(c)), np.uint8)
        # Errors of the integers are relative to the range of the head's weights.
        self._scale = np.float32(2.0 ** -range_bits(config.qb))

    def load(self, i: int, latent: Any) -> None:
        """Put packed latent bits in place ``i`` of the mini-batch."""
        self._batch[i] = np.frombuffer(latent, np.uint8).reshape(self._batch[i].shape)

    def run(self, latent: Any) -> memoryview:
        """Latent bits through the layers as they are now."""
        self.load(0, latent)
        self.forward(1)
        return self.top(0)

    def forward(self, n: int) -> None:
        """The first ``n`` samples of the mini-batch, keeping what the way back needs."""
        x = self._batch[:n]
        self._bits: list[Bits] = [x]
        self._windows: list[Any] = []
        for p, layer, mask in self.chain:
            window = None
            if layer is None:
                x = k.batch_bpool(p, x, mask)
            else:
                x, window = layer.forward(x)
            self._bits.append(x)
            self._windows.append(window)
        self._errors: list[FloatArray] = []

    def top(self, b: int) -> memoryview:
        """Bits that leave the tail, of sample ``b`` of the mini-batch."""
        return memoryview(self._bits[-1][b].reshape(-1))

    def error(self, b: int, head: Any, cells: Any) -> None:
        """Take the error of sample ``b`` from the head, whose step is in progress."""
        h, w, c, gh, gw = cells[0], cells[1], cells[2], cells[9], cells[10]
        whole = (head.errors() * self._scale).reshape(gh, gw, c)
        whole = np.repeat(whole, np.diff([i * h // gh for i in range(gh + 1)]), axis=0)
        whole = np.repeat(whole, np.diff([i * w // gw for i in range(gw + 1)]), axis=1)
        self._errors.append(whole)

    def decay_rate(self, experience: int) -> None:
        """Learn at the rate of an experience, see ``trainable.tail``."""
        for _, layer, _ in self.chain:
            if layer:
                layer.decay_rate(experience)

    def backward(self, n: int) -> None:
        """Errors of ``n`` samples down through the layers; each layer takes one step."""
        e: FloatArray = np.stack(self._errors)
        for i in range(len(self.chain) - 1, -1, -1):
            p, layer, _ = self.chain[i]
            if layer is None:
                e = pool_back(p, self._bits[i], self._bits[i + 1], e)
                continue
            e = layer.normalise(np.where(self._windows[i], e, np.float32(0)))
            below = layer.backward(e) if i else e
            self.flips += layer.update(e)
            if layer.trains_thresholds:
                layer.move_thresholds(e)
            self._rng.below(1)  # as the integers do, so that later choices are the same
            e = below


def pool_back(p: Any, x: Bits, y: Bits, e: FloatArray) -> FloatArray:
    """Errors of pooled bits to the first maximum of each window, as ``bpool_back``."""
    h, w, c, kh, kw, sh, sw, top, left, oh, ow = p[:11]
    rows, columns = max((oh - 1) * sh + kh, top + h), max((ow - 1) * sw + kw, left + w)
    signs = np.zeros((len(x), rows, columns, c), np.float32)  # outside nothing is found
    signs[:, top : top + h, left : left + w] = k.unpack(x, c)
    wanted, left_over = k.unpack(y, c), e.copy()
    whole = np.zeros_like(signs)
    for ky in range(kh):
        for kx in range(kw):
            ends = ky + (oh - 1) * sh + 1, kx + (ow - 1) * sw + 1
            place = np.s_[:, ky : ends[0] : sh, kx : ends[1] : sw]
            found = signs[place] == wanted
            whole[place] += np.where(found, left_over, 0)
            left_over = np.where(found, 0, left_over)
    return whole[:, top : top + h, left : left + w]
