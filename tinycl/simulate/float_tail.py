"""The tail in float32: what the integers cost, on the same stream of samples and replayed ones.

Layers, windows, learning rates and rules are those of ``tinycl_rt.tail``; errors, latent weights
and thresholds are not rounded, and errors are not cut.

Source: Courbariaux et al., 1602.02830; Helwegen et al., 1906.02107 (Bop).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from tinycl_rt import depth, tcm
from tinycl_rt import kernels_numpy as k
from tinycl_rt import kernels_numpy_tail as kt
from tinycl_rt.config import BOP, SIGN, Config
from tinycl_rt.head import bits, isqrt, range_bits
from tinycl_rt.model import Model
from tinycl_rt.rng import Rng

__all__ = ["FloatTail"]

Floats = npt.NDArray[np.float32]
Bits = npt.NDArray[np.uint8]


class FloatLayer:
    """A binary convolution with float32 latent weights (oc, kh * kw * c) within -1..1.

    Attributes
    ----------
    w : bytes
        Signs of the latent weights, packed.
    t : numpy.ndarray
        int32: the least accumulator that is not negative.
    """

    def __init__(self, op: Any, config: Config) -> None:
        self.p = op.p
        kh, kw, ci, oc = op.p[3], op.p[4], op.p[2], op.p[11]
        self._config = config
        self.half = isqrt(kh * kw * ci)
        self.back = np.float32(2.0 ** -(bits(kh * kw * oc) // 2))
        self._first_rate = np.float32(2.0 ** -(config.tail_lr + bits(op.p[9] * op.p[10])))
        self._rate = self._first_rate
        self._signs = kt.signs(op.weights, op.p).reshape(oc, -1)
        self._latent = self._signs * np.float32(config.tail_margin / 128)
        self._mean = np.zeros_like(self._latent)
        self._thresholds = np.array(op.table, np.float64)
        self._settle()

    def _settle(self) -> None:
        oc, taps = self.p[11], self.p[3] * self.p[4]
        self.w = k.pack(self._signs.reshape(oc, taps, self.p[2]) < 0).tobytes()
        self.t = np.ceil(self._thresholds).astype(np.int32)

    def slow(self, experience: int) -> None:
        """Half the rate for experience 1, a quarter for 2 and 3, and so on."""
        self._rate = self._first_rate * np.float32(2.0 ** -bits(experience))

    def forward(self, x: Bits) -> tuple[Bits, npt.NDArray[np.bool_]]:
        """Packed bits (n, h, w, bytes) -> those of the output, and its window (n, oh, ow, oc)."""
        n, (oh, ow, oc) = len(x), self.p[9:12]
        self._columns = kt.columns(self.p, n, x)
        acc = (self._columns @ self._signs.T).reshape(n, oh, ow, oc)
        d = acc - kt.thresholds(self.p, self.t)
        return k.pack(d < 0), np.abs(d) <= self.half

    def backward(self, e: Floats) -> Floats:
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

    def update(self, e: Floats) -> int:
        """One step of the rule on the errors of a mini-batch; returns how many weights flip."""
        config, before = self._config, self._signs
        flat = e.reshape(-1, self.p[11])
        g = flat.T @ self._columns
        if config.rule == BOP:
            wanted = np.clip(g * self._rate, -127 / 128, 127 / 128)
            self._mean += np.float32(2.0**-config.tail_step) * (wanted - self._mean)
            margin = config.tail_margin / 128
            self._signs = np.where(self._mean > margin, np.float32(-1), self._signs)
            self._signs = np.where(self._mean < -margin, np.float32(1), self._signs)
        else:
            step = np.sign(g) * (config.tail_step / 128) if config.rule == SIGN else g * self._rate
            self._latent = np.clip(self._latent - step, -1, 1).astype(np.float32)
            self._signs = np.where(self._latent < 0, -1, 1).astype(np.float32)
        if config.thresholds:
            sets = self._thresholds[depth.first_threshold(self.p) :]
            sets = sets[: len(sets) // self.p[11] * self.p[11]].reshape(-1, self.p[11])
            sets += flat.sum(axis=0) * self._first_rate * 1024
        self._settle()
        return int(np.count_nonzero(before != self._signs))


class FloatTail:
    """In place of ``tinycl_rt.tail.Tail``: the same methods, float32 inside.

    Raises
    ------
    ValueError
        As ``tinycl_rt.depth.operators``.
    """

    def __init__(self, model: Model, config: Config, rng: Rng) -> None:
        self._rng = rng
        self.flips = 0
        ops = depth.operators(model, config)
        self.first = len(model.operators) - 1 - len(ops)
        self.chain = [
            (op.p, FloatLayer(op, config) if op.code == tcm.BCONV else None, op.table)
            for op in ops
        ]
        h, w, c = model.tensors[ops[0].source].shape
        self._batch = np.zeros((config.replays + 1, h, w, tcm.words(c)), np.uint8)
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
        self._errors: list[Floats] = []

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

    def slow(self, experience: int) -> None:
        """Learn at the rate of an experience, see ``tinycl_rt.tail``."""
        for _, layer, _ in self.chain:
            if layer:
                layer.slow(experience)

    def backward(self, n: int) -> None:
        """Errors of ``n`` samples down through the layers; each layer takes one step."""
        e: Floats = np.stack(self._errors)
        for i in range(len(self.chain) - 1, -1, -1):
            p, layer, _ = self.chain[i]
            if layer is None:
                e = _pool_back(p, self._bits[i], self._bits[i + 1], e)
                continue
            e = np.where(self._windows[i], e, np.float32(0))
            below = layer.backward(e) if i else e
            self.flips += layer.update(e)
            self._rng.below(1)  # as the integers do, so that later choices are the same
            e = below


def _pool_back(p: Any, x: Bits, y: Bits, e: Floats) -> Floats:
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
