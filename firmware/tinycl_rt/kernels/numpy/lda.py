"""Kernels of ``reference.lda`` with numpy: the same integers."""

import numpy as np

from tinycl_rt.kernels.reference import lda as reference
from tinycl_rt.kernels.reference.lda import _MOST, _angle

NAME = "numpy"

factor_row = reference.factor_row
solve = reference.solve
solve_back = reference.solve_back


def _rows(a, features):
    return np.frombuffer(a, np.int16).reshape(-1, features)


def class_add(sums, row, x, features):
    """See ``reference.lda``."""
    np.frombuffer(sums, np.int32).reshape(-1, features)[row] += np.frombuffer(x, np.int8)


def residual(sums, row, x, out, out_row, features, n, pre, factor, shift, limit):
    """See ``reference.lda``."""
    s = np.frombuffer(sums, np.int32).reshape(-1, features)[row].astype(np.int64)
    v = ((np.frombuffer(x, np.int8).astype(np.int64) * n - s) >> pre) * factor
    v = (v + ((1 << shift) >> 1)) >> shift
    _rows(out, features)[out_row] = np.clip(v, -limit, limit)


def _dot(a, b):
    """Dots along the last axis of int32 rows."""
    products = a * b
    rest = -products.shape[-1] % 16
    if rest:
        products = np.concatenate(
            [products, np.zeros(products.shape[:-1] + (rest,), np.int32)], axis=-1
        )
    parts = products.reshape(products.shape[:-1] + (products.shape[-1] // 16, 16)).sum(
        axis=-1, dtype=np.int32
    )
    return ((parts + 128) >> 8).sum(axis=-1, dtype=np.int32)


def dots(a, a_row, b, b_row, count, features, out):
    """See ``reference.lda``."""
    one = _rows(a, features)[a_row].astype(np.int32)
    several = _rows(b, features)[b_row : b_row + count].astype(np.int32)
    np.frombuffer(out, np.int32)[:count] = _dot(several, one)


def fold(rows, energy, x, rank, features):
    """See ``reference.lda``."""
    table = _rows(rows, features)
    v = np.frombuffer(x, np.int16).astype(np.int32)
    most = 0
    energy[rank] = left = int(_dot(v, v))
    for k in range(rank):
        if not left:
            break
        if not energy[k]:
            table[k] = v
            most = max(most, int(np.abs(v).max()))
            energy[k] = left
            break
        r = table[k].astype(np.int32)
        c, s = _angle((energy[k] - left) >> 1, int(_dot(r, v)))
        if not s:
            continue
        new = np.clip((c * r + s * v + 8192) >> 14, -_MOST, _MOST)
        v = np.clip((c * v - s * r + 8192) >> 14, -_MOST, _MOST)
        table[k] = new
        most = max(most, int(np.abs(new).max()))
        energy[k] = int(_dot(new, new))
        left = int(_dot(v, v))
    np.frombuffer(x, np.int16)[:] = v
    return most


def mix(w, row, rows, factors, count, features, up, shift, limit):
    """See ``reference.lda``."""
    target = _rows(w, features)[row]
    v = (target.astype(np.int64) << up) + ((1 << shift) >> 1)
    if count:
        some = np.frombuffer(factors, np.int32)[:count].astype(np.int64)
        v -= some @ _rows(rows, features)[:count].astype(np.int64)
    v = np.clip(v >> shift, -limit, limit)
    target[:] = v
    return int(np.abs(v).max())
