"""Kernels of the trainable tail, compiled to machine code by MicroPython's viper emitter.

``reference.tail`` says what each function computes; conventions are those of ``viper.core``.
"""

from struct import pack_into

from micropython import const

from tinycl_rt.kernels.viper import emit_back, emit_bconv, emit_errors
from tinycl_rt.kernels.viper.core import _MAX_WORDS, _geometry, _odd, _positive, _room, _words

NAME = "viper"

# Places in the geometry `p` of an operator.
_H = const(0)
_W = const(1)
_C = const(2)
_KH = const(3)
_KW = const(4)
_SH = const(5)
_SW = const(6)
_OH = const(9)
_OW = const(10)

_MAX_SUM = 1 << 17  # errors in one sum
_MAX_TERMS = 250  # errors that add up in half a word


def _reference():
    from tinycl_rt.kernels.reference import tail as reference_tail

    return reference_tail


def bconv_train(p, n, x, w, t, half, y, inside, acc):
    """See ``reference.tail.bconv_train``."""
    odd = _geometry(p)
    _positive(n, n)
    h, wd, ci, kh, kw, _, _, _, _, oh, ow, oc, pad, _, _ = p
    cb = _words(ci)
    window, image, out = kh * kw * cb, h * wd * cb, oh * ow * _words(oc)
    odd |= _odd(x, n * image) | _odd(w, oc * window) | _odd(t, 4 * oc) | _odd(acc, 4 * oc, 4, True)
    odd |= _odd(y, n * out, 4, True) | _odd(inside, n * out, 4, True)
    if pad == 2 and not odd and not _odd(t, 4 * (oh + ow)):
        down, right = emit_bconv.largest(t, 0, oh), emit_bconv.largest(t, oh, ow)
        if down < 0 or right < 0:
            raise ValueError("kernels: thresholds by position begin nowhere")
        _odd(t, 4 * (down + right + oc))
    if odd or window > 4 * _MAX_WORDS or not 0 <= half <= 1 << 28:
        return _reference().bconv_train(p, n, x, w, t, half, y, inside, acc)
    s = _room(24 + 2 * window)
    for b in range(n):
        pack_into("<ii", s, 0, 0, 0)
        xb, yb = emit_back.address(x, b * image), emit_back.address(y, b * out)
        ib = emit_back.address(inside, b * out)
        while emit_bconv.window(p, xb, t, s):
            emit_bconv.signs_of_window(0, 0, w, p, t, yb, acc, s)
            emit_back.inside_of_window(0, 0, p, t, ib, acc, s, half)


def head_back(w, g, f, classes, features, shift, limit):
    """See ``reference.tail.head_back``."""
    _positive(classes, features)
    odd = _odd(w, 2 * classes * features, 2) | _odd(g, 2 * classes, 2)
    odd |= _odd(f, 4 * features, 4, True)
    if odd or not 0 <= shift <= 15 or not 0 <= limit << 15 <= 0x3FFFFFFF // classes:
        return _reference().head_back(w, g, f, classes, features, shift, limit)
    emit_errors.head_back(0, f, w, g, classes, features, shift, limit)


def unpool(p, f, shift, limit, inside, e):
    """See ``reference.tail.unpool``."""
    odd = _geometry(p)
    n, c = p[_H] * p[_W], p[_C]
    odd |= _odd(f, 4 * p[_OH] * p[_OW] * c) | _odd(e, n * c, 1, True)
    if inside is not None:
        _odd(inside, n * _words(c), 1)
    if odd or not (0 <= shift <= 24 and 0 <= limit <= 127):
        return _reference().unpool(p, f, shift, limit, inside, e)
    emit_errors.unpool(0, f, e, inside or e, inside is None, p, shift, limit)


def requantize(d, cells, channels, shift, limit, inside, e):
    """See ``reference.tail.requantize``."""
    _positive(cells, channels)
    odd = _odd(d, 4 * cells * channels) | _odd(e, cells * channels, 1, True)
    if inside is not None:
        _odd(inside, cells * _words(channels), 1)
    if odd or not (0 <= shift <= 24 and 0 <= limit <= 127):
        return _reference().requantize(d, cells, channels, shift, limit, inside, e)
    all_pass = inside is None
    emit_errors.requantize(0, d, e, inside or e, all_pass, cells, channels, shift, limit)


def bpool_back(p, x, y, f, inside, e):
    """See ``reference.tail.bpool_back``."""
    odd = _geometry(p)
    n, m, c = p[_H] * p[_W], p[_OH] * p[_OW], p[_C]
    cb = _words(c)
    if p[_SH] < p[_KH] or p[_SW] < p[_KW]:
        raise ValueError("kernels: windows that overlap")
    _odd(x, n * cb, 1), _odd(y, m * cb, 1), _odd(f, m * c, 1), _odd(e, n * c, 1, True)
    if inside is not None:
        _odd(inside, n * cb, 1)
    if odd:
        return _reference().bpool_back(p, x, y, f, inside, e)
    emit_errors.bpool_back(0, e, p, x, y, f, inside or e, inside is None)


def bconv_back(p, e, w, d):
    """See ``reference.tail.bconv_back``."""
    odd = _geometry(p)
    h, wd, ci, kh, kw, _, _, _, _, oh, ow, oc, _, _, _ = p
    cb = _words(ci)
    odd |= (
        _odd(e, oh * ow * oc, 1) | _odd(w, oc * kh * kw * cb) | _odd(d, 4 * h * wd * ci, 4, True)
    )
    if odd or kh * kw * oc > _MAX_SUM:
        return _reference().bconv_back(p, e, w, d)
    emit_back.bconv_back(d, 0, p, e, w, d, _room(16 * cb))


def bconv_update(p, n, x, e, latent, w, t, row, rule, rng):
    """See ``reference.tail.bconv_update``."""
    odd = _geometry(p)
    _positive(n, n)
    h, wd, ci, kh, kw, _, _, _, _, oh, ow, oc, pad, _, _ = p
    cb, taps, first = _words(ci), kh * kw, oh + ow if pad == 2 else 0
    item = _item(latent)
    odd |= _odd(x, n * h * wd * cb) | _odd(e, n * oh * ow * oc, 1) | _odd(rule, 24)
    odd |= _odd(latent, item * taps * ci * oc, item, True) | _odd(w, oc * taps * cb, 4, True)
    odd |= _odd(t, 4 * (first + oc), 4, True) | _odd(row, 4 * taps * ci, 4, True)
    odd |= _odd(rng, 4, 4, True)
    if odd or n * oh * ow > _MAX_SUM or ow > _MAX_TERMS or not _good(rule, item):
        return _reference().bconv_update(p, n, x, e, latent, w, t, row, rule, rng)
    size = taps + 4 * taps * cb
    noise = _room(4 + 4 * size)  # one word, and behind it the sums
    s = emit_back.address(noise, 4)
    emit_back.clear(s, size)
    emit_back.draw(rng, noise)
    most, rows, flips = _MAX_TERMS // ow, n * oh, 0
    for c in range(oc):
        emit_back.clear(row, taps * ci)
        total = r = 0
        while r < rows:
            take = min(most, rows - r)
            at = emit_back.address(e, r * ow * oc + c)
            total += emit_back.gradient(row, 0, p, x, at, s, r // oh, r % oh, take)
            emit_back.fold(0, 0, p, s, row)
            r += take
        place = emit_back.address(latent, item * taps * ci * c)
        words = emit_back.address(w, taps * cb * c)
        flips += emit_back.learn(0, 0, p, row, place, item == 2, words, rule, noise)
        if rule[5]:
            sets = (len(t) - first) // oc
            emit_back.learn_thresholds(t, first + c, sets, oc, total, rule[5], noise)
    return flips


def _item(latent):
    """Bytes of an item."""
    second = memoryview(latent)[1:]
    return emit_back.address(second, 0) - emit_back.address(latent, 0)


def _good(rule, item):
    kind, shift, a, b, limit, t_shift = rule
    return (
        0 <= kind <= 2
        and 0 <= shift <= 24
        and 0 <= a <= (24 if kind == 2 else 32767)
        and 0 <= b <= 32767
        and 0 <= limit <= (127 if item == 1 else 32767)
        and 0 <= t_shift <= 24
    )
