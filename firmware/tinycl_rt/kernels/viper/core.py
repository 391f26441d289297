# ruff: noqa: F821
"""Kernels compiled to machine code by MicroPython's viper emitter.

For MicroPython boards without a native module. ``reference.core`` says what each function
computes; the functions here check their buffers and call the compiled ones (``emit_bconv``,
``emit_layers``, ``emit_head``). The rare input that those do not take (words at addresses that
are no multiple of four, sums beyond 32 bits) goes to the reference. Import under ``except
(ImportError, SyntaxError)``: an interpreter without viper cannot even parse this file.

How it is written, and why:

* Viper keeps the first two locals in registers (three, compiled on the board), and parameters
  come first: so innermost loops have theirs as parameters, ``v: int`` only to set one aside.
* Loads are unsigned, and a word has 64 bits on some machines: ``(v ^ top) - top`` brings the sign
  back.
* Numbers of more than 30 bits would be Python objects: masks are put together at run time.
"""

from struct import pack_into, unpack_from

import micropython
from micropython import const

from tinycl_rt.kernels.viper import emit_bconv, emit_head, emit_layers

NAME = "viper"

# Places in the geometry `p` of an operator.
_H = const(0)
_W = const(1)
_C = const(2)
_OH = const(9)
_OW = const(10)
_SHIFT = const(14)

# Longest window of a binary convolution (words), and of an 8-bit one (values).
_MAX_WORDS = 1023
_MAX_TAPS = 32896

_scratch = bytearray(256)


@micropython.viper
def _address(buffer: ptr8) -> int:
    return int(buffer) & 3


def _odd(buffer, nbytes, unit=4, write=False):
    """Whether a buffer is of no use to viper for its address; ValueError if it is too small.

    struct sees bytes whatever the type of an array's items is.
    """
    try:
        if write:
            pack_into("", buffer, nbytes)
        else:
            unpack_from("", buffer, nbytes)
    except (ValueError, OverflowError):
        raise ValueError("kernels: a buffer has less than %d bytes" % nbytes)  # noqa: B904
    return _address(buffer) & (unit - 1)


def _positive(a, b):
    if a < 1 or b < 1:
        raise ValueError("kernels: expected dimensions, got %d and %d" % (a, b))


def _reference():
    from tinycl_rt.kernels.reference import core as reference

    return reference


def _room(nbytes):
    """Scratch memory: kept from call to call, and only ever grown."""
    global _scratch
    if len(_scratch) < nbytes:
        _scratch = b""  # free the old before the new is there
        _scratch = bytearray(nbytes)
    return _scratch


@micropython.viper
def _wrong(p: ptr32) -> int:
    """Number of the first entry of a geometry that is out of range, 0 to 11, or 12."""
    i = 0
    while i < 12:
        v = p[i]
        if v > 32767 or v <= 0:
            if v or i < 7 or i > 8:
                return i
        i += 1
    return i


def _geometry(p):
    """Whether ``p`` is out of line; ValueError if it is none."""
    if _odd(p, 60):
        return 1
    i = _wrong(p)
    if i < 12:
        raise ValueError("kernels: %d as number %d of a geometry" % (p[i], i))
    return 0


def _words(channels):
    return (channels + 31) // 32 * 4


def conv8(p, x, w, t, y, acc):
    """See ``reference.core.conv8``."""
    odd = _geometry(p)
    h, wd, ci, kh, kw, _, _, _, _, oh, ow, oc, _, zp, _ = p
    taps = kh * kw * ci
    odd |= _odd(x, h * wd * ci, 1) | _odd(w, taps * oc, 1) | _odd(t, 4 * oc)
    odd |= _odd(y, oh * ow * _words(oc), 4, True) | _odd(acc, 4 * oc, 4, True)
    if odd or taps > _MAX_TAPS or not -255 <= zp <= 255:
        return _reference().conv8(p, x, w, t, y, acc)
    emit_layers.conv8(0, w, p, x, t, y, _room(4 * taps))


def binarise(p, x, t, y):
    """See ``reference.core.binarise``."""
    odd = _geometry(p)
    n, c = p[_H] * p[_W], p[_C]
    odd |= _odd(x, n * c, 1) | _odd(t, 4 * c) | _odd(y, n * _words(c), 4, True)
    if odd:
        return _reference().binarise(p, x, t, y)
    emit_layers.binarise(0, 0, x, t, y, n, c)


def bconv(p, x, w, t, y, acc):
    """See ``reference.core.bconv``."""
    odd = _geometry(p)
    h, wd, ci, kh, kw, _, _, _, _, oh, ow, oc, pad, _, _ = p
    cb = _words(ci)
    window = kh * kw * cb
    odd |= _odd(x, h * wd * cb) | _odd(w, oc * window) | _odd(t, 4 * oc)
    odd |= _odd(y, oh * ow * _words(oc), 4, True) | _odd(acc, 4 * oc, 4, True)
    if pad == 2 and not odd and not _odd(t, 4 * (oh + ow)):
        down, right = emit_bconv.largest(t, 0, oh), emit_bconv.largest(t, oh, ow)
        if down < 0 or right < 0:
            raise ValueError("kernels: thresholds by position begin nowhere")
        _odd(t, 4 * (down + right + oc))
    if odd or window > 4 * _MAX_WORDS:
        return _reference().bconv(p, x, w, t, y, acc)
    s = _room(24 + 2 * window)
    pack_into("<ii", s, 0, 0, 0)
    while emit_bconv.window(p, x, t, s):
        emit_bconv.signs_of_window(0, 0, w, p, t, y, acc, s)


def bpool(p, x, m, y):
    """See ``reference.core.bpool``."""
    odd = _geometry(p)
    cb = _words(p[_C])
    odd |= _odd(x, p[_H] * p[_W] * cb) | _odd(m, cb) | _odd(y, p[_OH] * p[_OW] * cb, 4, True)
    if odd:
        return _reference().bpool(p, x, m, y)
    emit_layers.bpool(m, 0, p, x, m, y)


def sum_pool(p, x, y):
    """See ``reference.core.sum_pool``."""
    odd = _geometry(p)
    h, w, c, gh, gw = p[_H], p[_W], p[_C], p[_OH], p[_OW]
    odd |= _odd(x, h * w * _words(c)) | _odd(y, gh * gw * c, 1, True)
    cell = (h // gh + 1) * (w // gw + 1)
    if odd or cell > 0xFFFF or not 0 <= p[_SHIFT] <= 31:
        return _reference().sum_pool(p, x, y)
    emit_layers.sum_pool(x, 0, p, x, y)


def head_forward(w, x, acc, classes, features, shift, limit):
    """See ``reference.core.head_forward``."""
    _positive(classes, features)
    odd = _odd(w, 2 * classes * features, 2) | _odd(x, features, 1)
    odd |= _odd(acc, 4 * classes, 4, True)
    if odd or not 0 <= shift <= 15 or not 0 <= limit << 7 <= 0x3FFFFFFF // features:
        return _reference().head_forward(w, x, acc, classes, features, shift, limit)
    return emit_head.forward(0, 0, w, x, acc, classes, features, shift, limit)


def softmax_error(acc, lut, g, classes, label, logit_shift, gbits):
    """See ``reference.core.softmax_error``; entries of ``lut`` are at most 2^15."""
    _positive(classes, len(lut))
    odd = _odd(acc, 4 * classes, 4, True) | _odd(lut, 2 * len(lut), 2)
    odd |= _odd(g, 2 * classes, 2, True)
    if odd or not 0 <= logit_shift <= 31 or not 1 <= gbits <= 16:
        return _reference().softmax_error(acc, lut, g, classes, label, logit_shift, gbits)
    if not emit_head.softmax(acc, lut, g, len(lut), classes, label, logit_shift, gbits):
        raise ValueError("kernels: the exponents add up to 0")


def head_update(w, g, x, classes, features, shift, limit, rng):
    """See ``reference.core.head_update``."""
    _positive(classes, features)
    odd = _odd(w, 2 * classes * features, 2, True) | _odd(g, 2 * classes, 2)
    odd |= _odd(x, features, 1)
    stochastic = rng is not None and shift > 0
    if stochastic:
        odd |= _odd(rng, 4, 4, True)
    if odd or not -15 <= shift <= 29 or not 0 <= limit <= 32767:
        return _reference().head_update(w, g, x, classes, features, shift, limit, rng)
    if stochastic:
        emit_head.update_stochastic(0, w, g, x, classes, features, shift, limit, rng)
    else:
        emit_head.update(0, 0, w, g, x, classes, features, shift, limit)


def head_step(p, w, x, acc, g, lut, rng, label):
    """See ``reference.core.head_step``."""
    classes, features, shift, limit, logit_shift, gbits, step_shift, step_limit = p
    best = head_forward(w, x, acc, classes, features, shift, limit)
    softmax_error(acc, lut, g, classes, label, logit_shift, gbits)
    head_update(w, g, x, classes, features, step_shift, step_limit, rng)
    return best


def head_sum(w, row, features):
    """See ``reference.core.head_sum``."""
    _positive(row + 1, features)
    if _odd(w, 2 * (row + 1) * features, 2) or features > 32767:
        return _reference().head_sum(w, row, features)
    return emit_head.row_sum(0, w, row, features)


def head_merge(cw, tw, row, features, avg, keep, limit):
    """See ``reference.core.head_merge``."""
    _positive(row + 1, features)
    n = 2 * (row + 1) * features
    odd = _odd(cw, n, 2, True) | _odd(tw, n, 2)
    if odd or not (-32768 <= avg <= 32767 and 0 <= keep <= 32768 and 0 <= limit <= 32767):
        return _reference().head_merge(cw, tw, row, features, avg, keep, limit)
    emit_head.merge(0, cw, tw, row, features, avg, keep, limit)
