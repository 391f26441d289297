"""Numpy kernels of the trainable tail: the integers of ``reference.tail``, as matrix products.

Products run in float32 on small integers, which is exact as long as sums stay below 2^24: up to
127 * 132,000 terms.
"""

from functools import lru_cache

import numpy as np

from tinycl_rt.kernels.numpy.core import (
    _copy,
    _pad,
    _tap,
    _windows,
    _words,
    pack,
    signs,
    thresholds,
    unpack,
)
from tinycl_rt.kernels.numpy.geometry import _C, _H, _KH, _KW, _LEFT, _OC, _OH, _OW, _PAD, _TOP, _W
from tinycl_rt.kernels.reference.tail import _WEYL, BOP, SIGN, _draw

NAME = "numpy"


def _images(x, n, h, w, depth):
    return np.frombuffer(x, np.uint8, n * h * w * depth).reshape(n, h, w, depth)


def columns(p, n, x):
    """Packed bits of ``n`` images -> +-1, or 0, float32 (n * oh * ow, kh * kw * c)."""
    x = _pad(unpack(_images(x, n, p[_H], p[_W], _words(p[_C])), p[_C]), p, 1.0 if p[_PAD] else 0.0)
    return _windows(x, p).reshape(n * p[_OH] * p[_OW], -1)


def batch_bconv_train(p, n, x, w, t, half):
    """Bits (n, oh, ow, bytes) of outputs and of the straight-through window."""
    acc = columns(p, n, x) @ signs(w, p).reshape(p[_OC], -1).T
    d = acc.reshape(n, p[_OH], p[_OW], p[_OC]) - thresholds(p, t)
    return pack(d < 0), pack(np.abs(d) <= half)


def bconv_train(p, n, x, w, t, half, y, inside, acc):
    """See ``reference.tail.bconv_train``."""
    bits, window = batch_bconv_train(p, n, x, w, t, half)
    _copy(y, bits)
    _copy(inside, window)


def head_back(w, g, f, classes, features, shift, limit):
    """See ``reference.tail.head_back``."""
    wide = np.frombuffer(w, np.int16, classes * features).reshape(classes, features)
    wide = np.clip((wide.astype(np.int32) + ((1 << shift) >> 1)) >> shift, -limit, limit)
    errors = np.frombuffer(g, np.int16, classes).astype(np.float32)
    _copy(f, (errors @ wide.astype(np.float32)).astype(np.int32))


def _narrow(values, shift, limit):
    if shift:  # half up, and nothing overflows
        values = (values >> shift) + (values >> (shift - 1) & 1)
    return np.clip(values, -limit, limit).astype(np.int8)


def unpool(p, f, shift, limit, inside, e):
    """See ``reference.tail.unpool``."""
    h, w, c, gh, gw = p[_H], p[_W], p[_C], p[_OH], p[_OW]
    cells = _narrow(np.frombuffer(f, np.int32, gh * gw * c).reshape(gh, gw, c), shift, limit)
    whole = np.repeat(cells, np.diff([i * h // gh for i in range(gh + 1)]), axis=0)
    whole = np.repeat(whole, np.diff([i * w // gw for i in range(gw + 1)]), axis=1)
    _copy(e, _window(whole, inside))


def _window(errors, inside):
    """Errors (h, w, c) where gradients pass, 0 elsewhere."""
    if inside is None:
        return errors
    return np.where(passes(inside, *errors.shape), errors, np.int8(0))


def passes(bits, h, w, c):
    """Packed bits of one image -> bool (h, w, c)."""
    return np.unpackbits(
        np.frombuffer(bits, np.uint8, h * w * _words(c)).reshape(h, w, -1),
        axis=-1,
        count=c,
        bitorder="little",
    ).astype(bool)


def bconv_back(p, e, w, d):
    """See ``reference.tail.bconv_back``."""
    h, wd, ci, kh, kw, sh, sw, pt, pl, oh, ow, oc = p[:12]
    errors = np.frombuffer(e, np.int8, oh * ow * oc).reshape(-1, oc).astype(np.float32)
    taps = (errors @ signs(w, p).reshape(oc, -1)).reshape(oh, ow, kh, kw, ci)
    bottom = max((oh - 1) * sh + kh - pt, h)
    right = max((ow - 1) * sw + kw - pl, wd)
    whole = np.zeros((pt + bottom, pl + right, ci), np.float32)
    for ky in range(kh):
        for kx in range(kw):
            ends = ky + (oh - 1) * sh + 1, kx + (ow - 1) * sw + 1
            whole[ky : ends[0] : sh, kx : ends[1] : sw] += taps[:, :, ky, kx]
    _copy(d, np.ascontiguousarray(whole[pt : pt + h, pl : pl + wd]).astype(np.int32))


def requantize(d, cells, channels, shift, limit, inside, e):
    """See ``reference.tail.requantize``."""
    values = np.frombuffer(d, np.int32, cells * channels).reshape(1, cells, channels)
    _copy(e, _window(_narrow(values, shift, limit), inside))


def bpool_back(p, x, y, f, inside, e):
    """See ``reference.tail.bpool_back``."""
    h, w, c, kh, kw, oh, ow = p[_H], p[_W], p[_C], p[_KH], p[_KW], p[_OH], p[_OW]
    bits = _pad(passes(x, h, w, c)[None].astype(np.int8), p, -1)
    wanted = passes(y, oh, ow, c).astype(np.int8)
    left = np.frombuffer(f, np.int8, oh * ow * c).reshape(oh, ow, c).copy()
    whole = np.zeros(bits.shape[1:], np.int8)
    for ky in range(kh):
        for kx in range(kw):
            first = _tap(bits, p, ky, kx)[0] == wanted
            _tap(whole[None], p, ky, kx)[0][first] = left[first]
            left[first] = 0
            wanted = np.where(first, np.int8(2), wanted)  # found: nothing equals 2
    cut = whole[p[_TOP] : p[_TOP] + h, p[_LEFT] : p[_LEFT] + w]
    _copy(e, _window(np.ascontiguousarray(cut), inside))


@lru_cache(maxsize=8)
def _weyl(size):
    return np.arange(size, dtype=np.uint32) * np.uint32(_WEYL)


def _noise(draw, size, bits):
    """A random number of the given bits for each weight."""
    if not bits:
        return np.zeros(size, np.int32)
    return ((_weyl(size) + np.uint32(draw)) >> np.uint32(32 - bits)).astype(np.int32)


def bconv_update(p, n, x, e, latent, w, t, row, rule, rng):
    """See ``reference.tail.bconv_update``."""
    ci, oc = p[_C], p[_OC]
    kind, shift, a, b, limit, t_shift = rule
    draw = _draw(rng)
    errors = np.frombuffer(e, np.int8, n * p[_OH] * p[_OW] * oc).reshape(-1, oc).astype(np.float32)
    g = (errors.T @ columns(p, n, x)).astype(np.int32).reshape(-1)
    size = g.size
    stored = np.frombuffer(latent, f"i{memoryview(latent).itemsize}", size)
    bits = np.frombuffer(w, np.uint8).reshape(oc, p[_KH], p[_KW], -1)
    old = np.unpackbits(bits, axis=-1, count=ci, bitorder="little").reshape(-1).astype(bool)
    if kind == BOP:
        d = np.clip(g >> shift, -limit, limit) - stored
        value = np.clip(stored + ((d + _noise(draw, size, a)) >> a), -limit, limit)
        new = np.where(value < -b, False, np.where(value > b, True, old))
    else:
        step = a * np.sign(g) if kind == SIGN else (g + _noise(draw, size, shift)) >> shift
        value = np.clip(stored - step, -limit, limit)
        new = value < 0
    stored[:] = value
    flips = int(np.count_nonzero(new != old))
    if flips:
        _copy(w, pack(new.reshape(oc, p[_KH], p[_KW], ci)))
    if t_shift:
        per = size // oc
        last = np.uint32(draw) + np.arange(1, oc + 1, dtype=np.uint32) * np.uint32(
            per * _WEYL % 2**32
        )
        totals = errors.sum(axis=0).astype(np.int32)
        step = (totals + (last >> np.uint32(32 - t_shift)).astype(np.int32)) >> t_shift
        first = p[_OH] + p[_OW] if p[_PAD] == 2 else 0
        table = np.frombuffer(t, np.int32)
        sets = (table.size - first) // oc
        table = table[first : first + sets * oc].reshape(sets, oc)
        table[:] = np.clip(table.astype(np.int64) + step, -(1 << 30), 1 << 30)
    return flips
