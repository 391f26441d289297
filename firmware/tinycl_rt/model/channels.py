"""Operators that only move values: channels, the pixels of a row, rows of two tensors.

The same code for every kernel set and every board. Grouped convolutions take and join channels,
concatenations join them; a model that sees its input mirrored too stacks the rows of both latents.
"""

from array import array

from tinycl_rt import tcm
from tinycl_rt.model.graph import Operator

try:
    from micropython import const
except ImportError:  # CPython
    const = int

# Places in the geometry `p` of an operator.
_H = const(0)
_W = const(1)
_C = const(2)
_OC = const(11)
_ZERO = const(13)

_KINDS = {
    tcm.TAKE: tcm.BITS,
    tcm.JOIN: tcm.BITS,
    tcm.FLOAT_TAKE: tcm.FLOAT32,
    tcm.FLOAT_JOIN: tcm.FLOAT32,
    tcm.MIRROR: tcm.PIXELS,
    tcm.STACK: tcm.BITS,
}
_TWO = (tcm.JOIN, tcm.FLOAT_JOIN, tcm.STACK)  # operators of two inputs


def operator(tensors, fields, name):
    """Check one row of the operator table; parameters and ValueError are those of
    ``float_checks.operator``."""
    code, source, target, kh, kw, sh, sw, pt, pl, pad, zero, shift, w0, wn, t0, tn = fields
    dtype = _KINDS.get(code)
    two = code in _TWO
    if two and not 0 < zero < len(tensors):
        raise ValueError("model: %s has no second input" % name)
    other = zero if two else 0
    x, y, z = tensors[source], tensors[target], tensors[other]
    if (x.dtype, y.dtype) != (dtype, dtype) or (two and z.dtype != dtype):
        raise ValueError("model: %s is unknown or of the wrong types" % name)
    if (kh, kw, sh, sw, pt, pl, pad, shift, wn, tn) != (1, 1, 1, 1, 0, 0, 0, 0, 0, 0):
        raise ValueError("model: %s has fields that it does not use" % name)
    if x.overlaps(y) or (two and z.overlaps(y)):
        raise ValueError("model: %s writes over its own input" % name)
    (h, w, c), (oh, ow, oc) = x.shape, y.shape
    if code == tcm.STACK:
        right = z.shape == x.shape and y.shape == (2 * h, w, c)
    elif code == tcm.MIRROR:
        right = y.shape == x.shape and not zero
    elif two:
        right = z.shape[:2] == (h, w) == (oh, ow) and oc == c + z.shape[2]
    else:
        right = (h, w) == (oh, ow) and 0 <= zero and zero + oc <= c
        right = right and (dtype == tcm.FLOAT32 or not (zero % 32 or oc % 32))
    if not right:
        raise ValueError("model: %s has shapes %r and %r" % (name, x.shape, y.shape))
    p = array("i", (h, w, c, 1, 1, 1, 1, 0, 0, oh, ow, oc, 0, 0 if two else zero, 0))
    return Operator(code, source, target, p, None, None, other)


def step(op, x, z, y):
    """Run an operator on the memory of its input, of its second input, and of its output."""
    if op.code == tcm.TAKE:
        take(op.p, x, y, tcm.words(op.p[_C]), op.p[_ZERO] >> 3, tcm.words(op.p[_OC]))
    elif op.code == tcm.FLOAT_TAKE:
        take(op.p, x, y, op.p[_C], op.p[_ZERO], op.p[_OC])
    elif op.code == tcm.JOIN:
        join(op.p, x, z, y)
    elif op.code == tcm.MIRROR:
        mirror(op.p, x, y)
    elif op.code == tcm.STACK:
        row = op.p[_W] * tcm.words(op.p[_C])
        interleave(op.p[_H], x, row, z, row, y)
    else:
        c = op.p[_C]
        interleave(op.p[_H] * op.p[_W], x, c, z, op.p[_OC] - c, y)


def take(p, x, y, row, first, count):
    """`count` entries from `first` on, of every `row`."""
    for i in range(p[_H] * p[_W]):
        at = i * row + first
        y[i * count : (i + 1) * count] = x[at : at + count]


def mirror(p, x, y):
    """Each row of pixels from its end."""
    w, c = p[_W], p[_C]
    out = 0
    for row in range(0, p[_H] * w * c, w * c):
        for at in range(row + (w - 1) * c, row - c, -c):
            for k in range(at, at + c):
                y[out] = x[k]
                out += 1


def join(p, x, z, y):
    """Bits of the channels of ``x``, then those of ``z``."""
    c = p[_C]
    a, b, n = tcm.words(c), tcm.words(p[_OC] - c), tcm.words(p[_OC])
    if not c & 31:
        interleave(p[_H] * p[_W], x, a, z, b, y)
        return
    whole, shift = c >> 3, c & 7
    extra = (p[_OC] - c + 7) >> 3
    for i in range(p[_H] * p[_W]):
        out = i * n
        for k in range(out, out + n):
            y[k] = 0
        for k in range((c + 7) >> 3):
            y[out + k] = x[i * a + k]
        out += whole
        for k in range(extra):
            v = z[i * b + k] << shift
            y[out + k] |= v & 255
            if v > 255 and out + k + 1 < (i + 1) * n:
                y[out + k + 1] |= v >> 8


def interleave(rows, x, a, z, b, y):
    """``a`` entries of ``x``, then ``b`` of ``z``, for each row."""
    out = 0
    for i in range(rows):
        y[out : out + a] = x[i * a : (i + 1) * a]
        out += a
        y[out : out + b] = z[i * b : (i + 1) * b]
        out += b
