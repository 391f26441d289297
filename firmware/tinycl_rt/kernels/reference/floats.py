"""Real-valued reference kernels: the specification in plain Python, for every interpreter.

Conventions are those of ``reference.core``: images lie row, column, channel; ``p`` is the
geometry of an operator, whose ``pad`` picks a function of ``tcm.FUNCTIONS`` for ``combine`` and
``scale``, and whose ``shift`` picks an activation of ``tcm.ACTIVATIONS``. Floats are
``array('f')`` or views of one: storing rounds to float32. Sums are made in the interpreter's own
float, which has twice the bits on CPython and the same on most boards, where the last digit may
differ. The native kernels make theirs in the same order in as many bits, and agree bit for bit
with this file on the board that they run on. Numpy's agree within float32's resolution.
"""

from math import ldexp

from tinycl_rt.kernels.reference.core import _POP, _words

NAME = "reference"

try:
    from micropython import const
except ImportError:  # CPython
    const = int

# Places in the geometry `p` of an operator.
_H = const(0)
_W = const(1)
_C = const(2)
_TOP = const(7)
_LEFT = const(8)
_OH = const(9)
_OW = const(10)
_PAD = const(12)
_SHIFT = const(14)

_BIG = float("inf")
# log2(e); ln(2) in two pieces, of which multiples up to 2^15 of the first are exact.
_LOG2_E = ldexp(12102203, -23)
_HIGH, _LOW = ldexp(355, -9), ldexp(14581891, -36)
# exp around 0, highest power first. Ratios, not decimals: no interpreter rounds these.
_SERIES = (
    ldexp(13658330, -36),
    ldexp(12010465, -33),
    ldexp(8948023, -30),
    ldexp(11184537, -28),
    ldexp(11184810, -26),
    0.5,
    1.0,
    1.0,
)
_BOUNDS = ((-_BIG, _BIG), (0.0, _BIG), (0.0, 6.0), (-1.0, 1.0))


def _clamp(v, low, high):
    return low if v < low else high if v > high else v


def bconv(p, x, w, t, y, acc):
    """Binary convolution, scaled; taps outside the image are +1.

    ``(taps * c - acc) * t[channel] + t[oc + channel]``, ``acc`` after the activation; with ``pad``
    2 plus the correction at ``t[t[2 oc + oy] + t[2 oc + oh + ox] + channel]``. Every operation
    is rounded to float32, as Larq Compute Engine does it.
    """
    h, wd, ci, kh, kw, sh, sw, pt, pl, oh, ow, oc, pad, _, kind = p
    low, high = _BOUNDS[kind]
    pop = _POP
    cb = _words(ci)
    row = kh * kw * cb
    full = kh * kw * ci
    out = 0
    for oy in range(oh):
        for ox in range(ow):
            for c in range(oc):
                acc[c] = full
            for ky in range(kh):
                iy = oy * sh - pt + ky
                for kx in range(kw):
                    ix = ox * sw - pl + kx
                    inside = 0 <= iy < h and 0 <= ix < wd
                    for i in range(cb):
                        v = x[(iy * wd + ix) * cb + i] if inside else 0
                        k = (ky * kw + kx) * cb + i
                        for c in range(oc):
                            acc[c] -= 2 * pop[v ^ w[k]]
                            k += row
            at = int(t[2 * oc + oy] + t[2 * oc + oh + ox]) if pad == 2 else 0
            for c in range(oc):
                y[out] = (full - _clamp(acc[c], low, high)) * t[c]
                y[out] = y[out] + t[oc + c]
                if at:
                    y[out] = y[out] + t[at + c]
                out += 1


def sign(p, x, y):
    """Floats to bits: 1 where negative; sign(0) = +1."""
    c = p[_C]
    out = 0
    for i in range(0, p[_H] * p[_W] * c, c):
        for k in range(out, out + _words(c)):
            y[k] = 0
        for j in range(c):
            if x[i + j] < 0:
                y[out + (j >> 3)] |= 1 << (j & 7)
        out += _words(c)


def unsign(p, x, y):
    """Bits to floats: 1 is -1, 0 is +1."""
    c = p[_C]
    out = 0
    for i in range(p[_H] * p[_W]):
        for j in range(c):
            y[out] = -1.0 if x[i * _words(c) + (j >> 3)] >> (j & 7) & 1 else 1.0
            out += 1


def pixels(p, x, y):
    """uint8 to floats of the same value."""
    for i in range(p[_H] * p[_W] * p[_C]):
        y[i] = x[i]


def conv(p, x, w, t, y):
    """Convolution: zeros outside the image, weights (oc, kh, kw, c), biases ``t``."""
    h, wd, ci, kh, kw, sh, sw, pt, pl, oh, ow, oc, _, _, kind = p
    low, high = _BOUNDS[kind]
    out = 0
    for oy in range(oh):
        for ox in range(ow):
            for c in range(oc):
                s = 0.0
                for ky in range(kh):
                    iy = oy * sh - pt + ky
                    if iy < 0 or iy >= h:
                        continue
                    for kx in range(kw):
                        ix = ox * sw - pl + kx
                        if ix < 0 or ix >= wd:
                            continue
                        xi = (iy * wd + ix) * ci
                        wi = ((c * kh + ky) * kw + kx) * ci
                        for i in range(ci):
                            s += x[xi + i] * w[wi + i]
                y[out] = _clamp(s + t[c], low, high)
                out += 1


def depthwise(p, x, w, t, y):
    """Convolution of each channel alone, ``oc / c`` outputs of each; weights (kh, kw, oc)."""
    h, wd, ci, kh, kw, sh, sw, pt, pl, oh, ow, oc, _, _, kind = p
    low, high = _BOUNDS[kind]
    each = oc // ci
    out = 0
    for oy in range(oh):
        for ox in range(ow):
            for c in range(oc):
                s = 0.0
                for ky in range(kh):
                    iy = oy * sh - pt + ky
                    if iy < 0 or iy >= h:
                        continue
                    for kx in range(kw):
                        ix = ox * sw - pl + kx
                        if 0 <= ix < wd:
                            s += x[(iy * wd + ix) * ci + c // each] * w[(ky * kw + kx) * oc + c]
                y[out] = _clamp(s + t[c], low, high)
                out += 1


def combine(p, x, z, y):
    """Sum, difference or product of two tensors; ``y`` may be either of them."""
    low, high = _BOUNDS[p[_SHIFT]]
    for i in range(p[_H] * p[_W] * p[_C]):
        y[i] = _clamp(_apply(p[_PAD], x[i], z[i]), low, high)


def scale(p, x, t, y):
    """Sum, difference or product with constants, one or one a channel; ``y`` may be ``x``."""
    low, high = _BOUNDS[p[_SHIFT]]
    n = len(t)
    for i in range(p[_H] * p[_W] * p[_C]):
        y[i] = _clamp(_apply(p[_PAD], x[i], t[i % n]), low, high)


def _apply(function, a, b):
    if function == 0:
        return a + b
    return a - b if function == 1 else a * b


def max_pool(p, x, y):
    """Largest value of each window; taps outside the image are left out."""
    _pool(p, x, y, True)


def mean_pool(p, x, y):
    """Mean of each window; taps outside the image are left out."""
    _pool(p, x, y, False)


def _pool(p, x, y, largest):
    h, wd, ci, kh, kw, sh, sw, pt, pl, oh, ow, _, _, _, kind = p
    low, high = _BOUNDS[kind]
    out = 0
    for oy in range(oh):
        y0 = max(oy * sh - pt, 0)
        y1 = min(oy * sh - pt + kh, h)
        for ox in range(ow):
            x0 = max(ox * sw - pl, 0)
            x1 = min(ox * sw - pl + kw, wd)
            for c in range(ci):
                v = -_BIG if largest else 0.0
                for iy in range(y0, y1):
                    for ix in range(x0, x1):
                        tap = x[(iy * wd + ix) * ci + c]
                        if not largest:
                            v += tap
                        elif tap > v:
                            v = tap
                if not largest:
                    v /= (y1 - y0) * (x1 - x0)
                y[out] = _clamp(v, low, high)
                out += 1


def pad(p, x, y):
    """Zeros around the image."""
    h, wd, c, top, left, ow = p[_H], p[_W], p[_C], p[_TOP], p[_LEFT], p[_OW]
    for i in range(p[_OH] * ow * c):
        y[i] = 0.0
    for iy in range(h):
        out = ((iy + top) * ow + left) * c
        for i in range(wd * c):
            y[out + i] = x[iy * wd * c + i]


def _exp(v):
    """exp of ``v <= 0``, within 3e-7 of it; 0 below -86. No library's, which all differ."""
    if not v >= -86:
        return 0.0 if v < -86 else v
    k = int(v * _LOG2_E - 0.5)
    r = v - k * _HIGH + k * _LOW
    e = 0.0
    for c in _SERIES:
        e = e * r + c
    return ldexp(e, k)


def softmax(p, x, y):
    """``exp(x) / sum(exp(x))`` over the channels of each position."""
    c = p[_C]
    for i in range(0, p[_H] * p[_W] * c, c):
        top = x[i]
        for j in range(i, i + c):
            if x[j] > top:
                top = x[j]
        total = 0.0
        for j in range(i, i + c):
            y[j] = _exp(x[j] - top)
            total += y[j]
        for j in range(i, i + c):
            y[j] = y[j] / total
