"""Real-valued numpy kernels for the host simulator and Linux boards.

The functions of ``reference.floats`` stand here with the same names and arguments; ``batch_*`` do
the same for N samples at once. Sums are made in float64 and rounded to float32 once, as there.
"""

import numpy as np

from tinycl_rt import tcm
from tinycl_rt.kernels.numpy.core import (
    _bits,
    _copy,
    _pad,
    _pixels,
    _tap,
    _windows,
    pack,
    signs,
    single,
    unpack,
)
from tinycl_rt.kernels.numpy.geometry import (
    _C,
    _H,
    _KH,
    _KW,
    _LEFT,
    _OC,
    _OH,
    _OW,
    _PAD,
    _SHIFT,
    _TOP,
    _W,
)

NAME = "numpy"

_BOUNDS = ((-np.inf, np.inf), (0.0, np.inf), (0.0, 6.0), (-1.0, 1.0))
_FUNCTIONS = (np.add, np.subtract, np.multiply)


def _clamp(p, values):
    if p[_SHIFT] == 0:
        return values.astype(np.float32)
    return np.clip(values, *_BOUNDS[p[_SHIFT]]).astype(np.float32)


def _constants(t):
    return np.frombuffer(t, np.float32)


def batch_bconv(p, x, w, t):
    """Packed bits (N, h, w, bytes) -> float32 (N, oh, ow, oc)."""
    ci, kh, kw, oh, ow, oc = p[_C], p[_KH], p[_KW], p[_OH], p[_OW], p[_OC]
    acc = _convolve(_pad(unpack(x, ci), p, 1.0), signs(w, p), p)
    table = _constants(t)
    y = (np.float32(kh * kw * ci) - _clamp(p, acc)) * table[:oc] + table[oc : 2 * oc]
    if p[_PAD] == 2:
        places = table[2 * oc : 2 * oc + oh + ow].astype(np.int64)
        first = places[:oh, None] + places[None, oh:]
        y = y + np.where(first[..., None] > 0, table[first[..., None] + np.arange(oc)], 0)
    return y


def batch_sign(p, x):
    """float32 (N, h, w, c) -> packed bits (N, h, w, bytes)."""
    return pack(x < 0)


def batch_unsign(p, x):
    """Packed bits (N, h, w, bytes) -> float32 (N, h, w, c)."""
    return unpack(x, p[_C])


def batch_pixels(p, x):
    """uint8 (N, h, w, c) -> float32."""
    return x.astype(np.float32)


def batch_conv(p, x, w, t):
    """float32 (N, h, w, c) -> float32 (N, oh, ow, oc)."""
    kernel = _constants(w).reshape(p[_OC], p[_KH], p[_KW], p[_C]).astype(np.float64)
    padded = _pad(x.astype(np.float64), p, 0)
    return _clamp(p, _convolve(padded, kernel, p) + _constants(t))


def _convolve(x, w, p):
    """Padded x with kernel w (oc, kh, kw, c) -> (N, oh, ow, oc)."""
    return _windows(x, p) @ w.reshape(w.shape[0], -1).T


def batch_depthwise(p, x, w, t):
    """float32 (N, h, w, c) -> float32 (N, oh, ow, oc)."""
    kernel = _constants(w).reshape(p[_KH], p[_KW], p[_OC]).astype(np.float64)
    padded = _pad(np.repeat(x.astype(np.float64), p[_OC] // p[_C], axis=-1), p, 0)
    y = np.zeros((x.shape[0], p[_OH], p[_OW], p[_OC])) + _constants(t)
    for ky in range(p[_KH]):
        for kx in range(p[_KW]):
            y += _tap(padded, p, ky, kx) * kernel[ky, kx]
    return _clamp(p, y)


def batch_combine(p, x, z):
    """Two of float32 (N, h, w, c) -> one."""
    return _clamp(p, _FUNCTIONS[p[_PAD]](x, z))


def batch_scale(p, x, t):
    """float32 (N, h, w, c) -> the same shape."""
    return _clamp(p, _FUNCTIONS[p[_PAD]](x, _constants(t)))


def batch_max_pool(p, x):
    """float32 (N, h, w, c) -> float32 (N, oh, ow, c)."""
    padded = _pad(x, p, -np.inf)
    y = np.full((x.shape[0], p[_OH], p[_OW], p[_C]), -np.inf, np.float32)
    for ky in range(p[_KH]):
        for kx in range(p[_KW]):
            y = np.maximum(y, _tap(padded, p, ky, kx))
    return _clamp(p, y)


def batch_mean_pool(p, x):
    """float32 (N, h, w, c) -> float32 (N, oh, ow, c)."""
    padded = _pad(x.astype(np.float64), p, 0)
    inside = _pad(np.ones((1, p[_H], p[_W], 1)), p, 0)
    total, count = 0.0, 0.0
    for ky in range(p[_KH]):
        for kx in range(p[_KW]):
            total = total + _tap(padded, p, ky, kx)
            count = count + _tap(inside, p, ky, kx)
    return _clamp(p, total / count)


def batch_pad(p, x):
    """float32 (N, h, w, c) -> float32 (N, oh, ow, c)."""
    bottom, right = p[_OH] - p[_H] - p[_TOP], p[_OW] - p[_W] - p[_LEFT]
    return np.pad(x, ((0, 0), (p[_TOP], bottom), (p[_LEFT], right), (0, 0)))


def batch_softmax(p, x):
    """float32 (N, h, w, c) -> the same shape."""
    e = np.exp(x.astype(np.float64) - x.max(axis=-1, keepdims=True)).astype(np.float32)
    return (e / e.sum(axis=-1, keepdims=True, dtype=np.float64)).astype(np.float32)


_WEIGHTED = {
    tcm.FLOAT_BCONV: batch_bconv,
    tcm.FLOAT_CONV: batch_conv,
    tcm.FLOAT_DEPTHWISE: batch_depthwise,
}
_PLAIN = {
    tcm.FLOAT_SIGN: batch_sign,
    tcm.FLOAT_BITS: batch_unsign,
    tcm.FLOAT_PIXELS: batch_pixels,
    tcm.FLOAT_MAX: batch_max_pool,
    tcm.FLOAT_MEAN: batch_mean_pool,
    tcm.FLOAT_PAD: batch_pad,
    tcm.FLOAT_SOFTMAX: batch_softmax,
}


def batch(op, x, z):
    """Run an operator on N samples, ``z`` its second input."""
    if op.code in _WEIGHTED:
        return _WEIGHTED[op.code](op.p, x, op.weights, op.table)
    if op.code == tcm.FLOAT_COMBINE:
        return batch_combine(op.p, x, z)
    if op.code == tcm.FLOAT_SCALE:
        return batch_scale(op.p, x, op.table)
    return _PLAIN[op.code](op.p, x)


def _floats(x, p):
    return np.frombuffer(x, np.float32, p[_H] * p[_W] * p[_C]).reshape(1, p[_H], p[_W], p[_C])


bconv = single(batch_bconv, _bits, 2)
sign = single(batch_sign, _floats, 0)
unsign = single(batch_unsign, _bits, 0)
pixels = single(batch_pixels, _pixels, 0)
conv = single(batch_conv, _floats, 2)
depthwise = single(batch_depthwise, _floats, 2)
scale = single(batch_scale, _floats, 1)
max_pool = single(batch_max_pool, _floats, 0)
mean_pool = single(batch_mean_pool, _floats, 0)
pad = single(batch_pad, _floats, 0)
softmax = single(batch_softmax, _floats, 0)


def combine(p, x, z, y):
    """See ``reference.floats.combine``."""
    _copy(y, batch_combine(p, _floats(x, p), _floats(z, p)))
