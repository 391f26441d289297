"""Kernels of class sums and sketches, compiled to machine code by MicroPython's viper emitter.

``reference.lda`` says what each function computes; conventions are those of ``viper.core``.
"""

from array import array

from tinycl_rt.kernels.viper import emit_lda, emit_lda_fold
from tinycl_rt.kernels.viper.core import _odd

NAME = "viper"

_angle = array("i", (0, 0, 0))


def _reference():
    from tinycl_rt.kernels.reference import lda as reference_lda

    return reference_lda


def _rows(buffer, first, count, features, unit=2, write=False):
    """Whether rows of a buffer are out of line; ValueError if they are none."""
    if first < 0 or count < 0 or not 1 <= features <= 4096:
        raise ValueError("kernels: rows %d to %d of %d" % (first, first + count, features))
    return _odd(buffer, unit * (first + count) * features, unit, write)


def _shifts(up, shift, limit):
    if not (0 <= up <= 31 and 0 <= shift <= 30 and 0 <= limit <= 32767):
        raise ValueError("kernels: shifts %d and %d, limit %d" % (up, shift, limit))


def class_add(sums, row, x, features):
    """See ``reference.lda.class_add``."""
    if _rows(sums, row, 1, features, 4, True) | _odd(x, features, 1):
        return _reference().class_add(sums, row, x, features)
    emit_lda.class_add(x, features, sums, row)


def residual(sums, row, x, out, out_row, features, n, pre, factor, shift, limit):
    """See ``reference.lda.residual``."""
    _shifts(pre, shift, limit)
    if not (0 <= n <= 1 << 23 and -32768 <= factor <= 32768):
        raise ValueError("kernels: %d samples, factor %d" % (n, factor))
    odd = _rows(sums, row, 1, features, 4) | _rows(out, out_row, 1, features, 2, True)
    if odd | _odd(x, features, 1):
        given = sums, row, x, out, out_row, features, n, pre, factor, shift, limit
        return _reference().residual(*given)
    emit_lda.residual(0, sums, row, x, out, out_row, features, n, pre, factor, shift, limit)


def dots(a, a_row, b, b_row, count, features, out):
    """See ``reference.lda.dots``."""
    odd = _rows(a, a_row, 1, features) | _rows(b, b_row, count, features)
    if odd | _odd(out, 4 * count, 4, True):
        return _reference().dots(a, a_row, b, b_row, count, features, out)
    emit_lda.dots(0, 0, a, a_row, b, b_row, count, features, out)


def fold(rows, energy, x, rank, features):
    """See ``reference.lda.fold``."""
    odd = _rows(rows, 0, rank, features, 2, True) | _odd(energy, 4 * rank + 4, 4, True)
    if odd | _odd(x, 2 * features, 2, True):
        return _reference().fold(rows, energy, x, rank, features)
    s = _angle
    emit_lda.dots(0, 0, x, 0, x, 0, 1, features, s)
    energy[rank] = left = s[0]
    most = 0
    for k in range(rank):
        if not left:
            break
        if not energy[k]:
            most = max(most, emit_lda_fold.copy(0, x, rows, k, features))
            energy[k] = left
            break
        emit_lda.dots(0, 0, x, 0, rows, k, 1, features, s)
        if emit_lda_fold.angle((energy[k] - left) >> 1, s[0], s):
            most = max(most, emit_lda_fold.rotate(0, 0, x, rows, k, features, s, energy))
            left = s[2]
    return most


def mix(w, row, rows, factors, count, features, up, shift, limit):
    """See ``reference.lda.mix``."""
    _shifts(up, shift, limit)
    odd = _rows(w, row, 1, features, 2, True) | _rows(rows, 0, count, features)
    if odd | _odd(factors, 4 * count, 4):
        return _reference().mix(w, row, rows, factors, count, features, up, shift, limit)
    return emit_lda.mix(0, 0, w, row, rows, factors, count, features, up, shift, limit)


# Sums beyond 32 bits, and seldom.


def factor_row(factor, roots, dots, i):
    """See ``reference.lda.factor_row``."""
    if i < 0:
        raise ValueError("kernels: row %d" % i)
    _odd(factor, (i + 1) * (i + 2), 2, True)
    _odd(roots, 4 * i + 4)
    _odd(dots, 4 * i)
    _reference().factor_row(factor, roots, dots, i)


def solve(factor, roots, y, used):
    """See ``reference.lda.solve``."""
    _solvable(factor, roots, y, used)
    _reference().solve(factor, roots, y, used)


def solve_back(factor, roots, y, used):
    """See ``reference.lda.solve_back``."""
    _solvable(factor, roots, y, used)
    _reference().solve_back(factor, roots, y, used)


def _solvable(factor, roots, y, used):
    if used < 0:
        raise ValueError("kernels: %d rows" % used)
    _odd(factor, used * (used + 1), 2)
    _odd(roots, 4 * used)
    _odd(y, 4 * used, 4, True)
