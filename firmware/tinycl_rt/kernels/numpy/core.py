"""Numpy kernels for the host simulator and Linux boards: the reference's integers, whole batches.

The functions of ``reference.core`` with the same names and arguments; ``batch_*`` do the same for
N samples at once and are what the others call with N = 1. Convolutions run as float32
matrix products of small integers, which are exact as long as sums stay below 2^24; larger ones
run in float64.
"""

import numpy as np

from tinycl_rt.kernels.numpy.geometry import (
    _C,
    _H,
    _KH,
    _KW,
    _OC,
    _OH,
    _OW,
    _PAD,
    _SH,
    _SHIFT,
    _SW,
    _W,
    _ZERO,
)

NAME = "numpy"


def _words(channels):
    return (channels + 31) // 32 * 4


def unpack(x, channels):
    """Packed bits (..., bytes) uint8 -> +-1 (..., channels) float32; bit 1 is -1."""
    bits = np.unpackbits(x, axis=-1, count=channels, bitorder="little")
    return 1.0 - 2.0 * bits.astype(np.float32)


def pack(negative):
    """Boolean (..., channels), true for negative -> packed bits (..., bytes), whole words."""
    bits = np.packbits(negative, axis=-1, bitorder="little")
    short = _words(negative.shape[-1]) - bits.shape[-1]
    return np.pad(bits, [(0, 0)] * (bits.ndim - 1) + [(0, short)]) if short else bits


def _pad(x, p, value):
    """Pad (N, h, w, c) so that every window of the operator lies inside."""
    h, w, _, kh, kw, sh, sw, pt, pl, oh, ow, _, _, _, _ = p
    bottom = max((oh - 1) * sh + kh - pt - h, 0)
    right = max((ow - 1) * sw + kw - pl - w, 0)
    return np.pad(x, ((0, 0), (pt, bottom), (pl, right), (0, 0)), constant_values=value)


def _tap(x, p, ky, kx):
    """What one kernel tap sees of the padded input: (N, oh, ow, c)."""
    sh, sw, oh, ow = p[_SH], p[_SW], p[_OH], p[_OW]
    return x[:, ky : ky + (oh - 1) * sh + 1 : sh, kx : kx + (ow - 1) * sw + 1 : sw]


def _windows(x, p):
    """What each window of the padded input sees: (N, oh, ow, kh * kw * c)."""
    taps = [_tap(x, p, ky, kx) for ky in range(p[_KH]) for kx in range(p[_KW])]
    return np.concatenate(taps, axis=-1)


def _convolve(x, w, p, dtype):
    """Padded x (N, H, W, c) with kernel w (oc, kh, kw, c) -> int64 (N, oh, ow, oc)."""
    matrix = w.reshape(w.shape[0], -1).T.astype(dtype)
    return np.rint(_windows(x.astype(dtype, copy=False), p) @ matrix).astype(np.int64)


def signs(w, p):
    """Packed weights -> +-1 float32 (oc, kh, kw, c)."""
    kernel = np.frombuffer(w, np.uint8).reshape(p[_OC], p[_KH], p[_KW], _words(p[_C]))
    return unpack(kernel, p[_C])


def thresholds(p, t):
    """Thresholds by position or not: broadcasts to (oh, ow, oc)."""
    table = np.frombuffer(t, np.int32)
    if p[_PAD] != 2:
        return table
    oh, ow, oc = p[_OH], p[_OW], p[_OC]
    first = table[:oh, None] + table[None, oh : oh + ow]
    return table[first[..., None] + np.arange(oc)]


def batch_conv8(p, x, w, t):
    """Pixels (N, h, w, c) uint8 -> packed bits (N, oh, ow, bytes)."""
    kernel = np.frombuffer(w, np.int8).reshape(p[_OC], p[_KH], p[_KW], p[_C])
    reach = max(abs(p[_ZERO]), abs(255 - p[_ZERO]))
    exact = int(np.abs(kernel.astype(np.int64)).sum(axis=(1, 2, 3)).max()) * reach < 1 << 24
    centred = _pad(x.astype(np.int16) - p[_ZERO], p, 0)
    acc = _convolve(centred, kernel, p, np.float32 if exact else np.float64)
    return pack(acc < np.frombuffer(t, np.int32))


def batch_binarise(p, x, t):
    """Pixels (N, ...) uint8 -> packed bits (N, h, w, bytes)."""
    x = x.reshape(len(x), p[_H], p[_W], p[_C])
    return pack(x.astype(np.int32) < np.frombuffer(t, np.int32))


def batch_bconv(p, x, w, t):
    """Packed bits (N, h, w, bytes) -> packed bits (N, oh, ow, bytes)."""
    padded = _pad(unpack(x, p[_C]), p, 1.0 if p[_PAD] else 0.0)
    return pack(_convolve(padded, signs(w, p), p, np.float32) < thresholds(p, t))


def batch_bpool(p, x, m):
    """Packed bits (N, h, w, bytes) -> packed bits (N, oh, ow, bytes)."""
    mask = np.frombuffer(m, np.uint8)
    # A tap outside the image must not decide: all ones is neutral for AND.
    flipped = _pad(x ^ mask, p, 255)
    out = np.full((x.shape[0], p[_OH], p[_OW], x.shape[3]), 255, np.uint8)
    for ky in range(p[_KH]):
        for kx in range(p[_KW]):
            out &= _tap(flipped, p, ky, kx)
    return out ^ mask


def batch_sum_pool(p, x):
    """Packed bits (N, h, w, bytes) -> int8 features (N, oh * ow * c)."""
    h, w, gh, gw = p[_H], p[_W], p[_OH], p[_OW]
    signs = unpack(x, p[_C])
    cells = [
        signs[:, i * h // gh : (i + 1) * h // gh, j * w // gw : (j + 1) * w // gw].sum(axis=(1, 2))
        for i in range(gh)
        for j in range(gw)
    ]
    sums = np.concatenate(cells, axis=1).astype(np.int32) >> p[_SHIFT]
    return np.clip(sums, -127, 127).astype(np.int8)


def _image(x, h, w, depth):
    return np.frombuffer(x, np.uint8, h * w * depth).reshape(1, h, w, depth)


def _pixels(x, p):
    return _image(x, p[_H], p[_W], p[_C])


def _bits(x, p):
    return _image(x, p[_H], p[_W], _words(p[_C]))


def _copy(y, values):
    np.frombuffer(y, values.dtype, values.size)[:] = values.ravel()


def single(batch, view, output):
    """The kernel for one sample that goes with ``batch``, which has the name ``batch_NAME``.

    ``view`` makes a batch of the sample's buffer; ``output`` is the place of the kernel's output
    among its arguments, between those of ``batch`` and scratch memory.
    """

    def kernel(p, x, *given):
        _copy(given[output], batch(p, view(x, p), *given[:output]))

    kernel.__name__ = batch.__name__[6:]
    kernel.__doc__ = "See the reference kernel of this name."
    return kernel


conv8 = single(batch_conv8, _pixels, 2)
binarise = single(batch_binarise, _pixels, 1)
bconv = single(batch_bconv, _bits, 2)
bpool = single(batch_bpool, _bits, 1)
sum_pool = single(batch_sum_pool, _bits, 0)


def _matrix(w, classes, features):
    return np.frombuffer(w, np.int16, classes * features).reshape(classes, features)


def head_forward(w, x, acc, classes, features, shift, limit):
    """See ``reference.core.head_forward``."""
    row = np.frombuffer(x, np.int8, features)[None]
    logits = np.frombuffer(acc, np.int32, classes)
    logits[:] = batch_head_forward(w, row, classes, shift, limit)[0]
    return int(logits.argmax())


def batch_head_forward(w, x, classes, shift, limit):
    """Features (N, D) int8 -> logits (N, classes) int32, see ``reference.core.head_forward``."""
    wide = _matrix(w, classes, x.shape[1]).astype(np.int32)
    wide = np.clip((wide + ((1 << shift) >> 1)) >> shift, -limit, limit)
    # float64: exact, and the product runs in BLAS, which integers do not.
    return (x.astype(np.float64) @ wide.T.astype(np.float64)).astype(np.int32)


def softmax_error(acc, lut, g, classes, label, logit_shift, gbits):
    """See ``reference.core.softmax_error``."""
    a = np.frombuffer(acc, np.int32, classes)
    table = np.frombuffer(lut, np.uint16)
    d = (a.max() - a) >> logit_shift
    e = np.where(d < table.size, table[np.minimum(d, table.size - 1)], 0).astype(np.int64)
    v = (e << 15) // e.sum()
    if 0 <= label < classes:
        v[label] -= 32768
    a[:] = e
    shift = 16 - gbits
    limit = (1 << (gbits - 1)) - 1
    v = (v + ((1 << shift) >> 1)) >> shift
    np.frombuffer(g, np.int16, classes)[:] = np.clip(v, -limit, limit)


def head_update(w, g, x, classes, features, shift, limit, rng):
    """See ``reference.core.head_update``."""
    errors = np.frombuffer(g, np.int16, classes)
    rows = np.flatnonzero(errors)
    if not rows.size:
        return
    matrix = _matrix(w, classes, features)
    step = errors[rows, None].astype(np.int32) * np.frombuffer(x, np.int8, features)
    if shift > 0:
        if rng is None:
            step += (1 << shift) >> 1
        else:
            draws = xorshift32(int(rng[0]), step.size)
            rng[0] = int(draws[-1])
            step += (draws & np.uint32((1 << shift) - 1)).astype(np.int32).reshape(step.shape)
        step >>= shift
        new = matrix[rows] - step
    else:
        new = matrix[rows] - (step.astype(np.int64) << -shift)
    matrix[rows] = np.clip(new, -limit, limit)


def head_step(p, w, x, acc, g, lut, rng, label):
    """See ``reference.core.head_step``."""
    classes, features, shift, limit, logit_shift, gbits, step_shift, step_limit = p
    best = head_forward(w, x, acc, classes, features, shift, limit)
    softmax_error(acc, lut, g, classes, label, logit_shift, gbits)
    head_update(w, g, x, classes, features, step_shift, step_limit, rng)
    return best


def head_sum(w, row, features):
    """See ``reference.core.head_sum``."""
    return int(np.frombuffer(w, np.int16, features, row * features * 2).sum(dtype=np.int64))


def head_merge(cw, tw, row, features, avg, keep, limit):
    """See ``reference.core.head_merge``."""
    old = np.frombuffer(cw, np.int16, features, row * features * 2)
    new = np.frombuffer(tw, np.int16, features, row * features * 2).astype(np.int64) - avg
    merged = (old.astype(np.int64) * keep + new * (32768 - keep) + 16384) >> 15
    old[:] = np.clip(merged, -limit, limit)


def _jump_table(columns):
    """A 32 x 32 matrix over GF(2), as 32 column words -> four tables of 256 words, one a byte."""
    tables = np.zeros((4, 256), np.uint32)
    for byte in range(4):
        for bit in range(8):
            half = 1 << bit
            tables[byte, half : 2 * half] = tables[byte, :half] ^ columns[8 * byte + bit]
    return tables


def _jump(tables, x):
    out = tables[0][x & 255]
    for byte in range(1, 4):
        out = out ^ tables[byte][(x >> np.uint32(8 * byte)) & 255]
    return out


def _one_step(x):
    x = x ^ (x << np.uint32(13))
    x = x ^ (x >> np.uint32(17))
    return x ^ (x << np.uint32(5))


# xorshift32 is linear over GF(2): _JUMPS[k] moves a state on by 2^k steps at once.
_JUMPS = [_jump_table(_one_step(np.uint32(1) << np.arange(32, dtype=np.uint32)))]


def xorshift32(state, n):
    """The next n states (n,) uint32 after ``state``, by doubling instead of one by one."""
    draws = np.empty(n, np.uint32)
    draws[0] = _one_step(np.array([state], np.uint32))[0]
    have, k = 1, 0
    while have < n:
        if k == len(_JUMPS):
            identity = np.uint32(1) << np.arange(32, dtype=np.uint32)
            _JUMPS.append(_jump_table(_jump(_JUMPS[-1], _jump(_JUMPS[-1], identity))))
        more = min(have, n - have)
        draws[have : have + more] = _jump(_JUMPS[k], draws[:more])
        have += more
        k += 1
    return draws
