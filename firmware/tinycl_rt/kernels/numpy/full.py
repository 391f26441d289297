"""Numpy kernels of full depth: the integers of ``reference.full``, as matrix products."""

import numpy as np

from tinycl_rt.kernels.numpy.core import _copy, pack, signs, xorshift32
from tinycl_rt.kernels.numpy.geometry import _C, _KH, _KW, _OC, _OH, _OW
from tinycl_rt.kernels.numpy.tail import columns, passes
from tinycl_rt.kernels.reference.full import FORGET, FRACTION, GUARD, NORM, RATIO

NAME = "numpy"


def init_weights(p, w, latent, margin, rng):
    """See ``reference.full.init_weights``."""
    ci, oc = p[_C], p[_OC]
    size = p[_KH] * p[_KW] * ci * oc
    draws = xorshift32(int(rng[0]), size)
    rng[0] = int(draws[-1])
    values = (draws.astype(np.uint64) * np.uint64(2 * margin + 1) >> np.uint64(32)).astype(int)
    values -= margin
    np.frombuffer(latent, f"i{memoryview(latent).itemsize}", size)[:] = values
    _copy(w, pack((values < 0).reshape(oc, p[_KH], p[_KW], ci)))


def norm_forward(p, n, x, w, norm, t, psi, y, inside, above, acc):
    """See ``reference.full.norm_forward``."""
    oc = p[_OC]
    cells = n * p[_OH] * p[_OW]
    a = (columns(p, n, x) @ signs(w, p).reshape(oc, -1).T).astype(np.int32)
    total = a.sum(axis=0, dtype=np.int64)
    mu = ((total << FRACTION) + cells // 2) // cells
    d = (a << FRACTION) - mu.astype(np.int32)
    spread = np.maximum(np.abs(d).sum(axis=0, dtype=np.int64) // cells, 1 << FRACTION)
    beta, mean, width = np.frombuffer(norm, np.int32, 3 * oc).reshape(3, oc)
    z = (d << NORM) + (beta * spread).astype(np.int32)
    _copy(y, pack(z < 0))
    _copy(inside, pack(np.abs(z) <= spread << NORM))
    _copy(above, pack(d < 0))
    np.frombuffer(psi, np.int32, oc)[:] = spread
    mean += ((mu << GUARD) - mean) >> FORGET
    width += ((spread << GUARD) - width) >> FORGET
    v = (mean >> GUARD) - (beta * (width >> GUARD) >> NORM)
    np.frombuffer(t, np.int32, oc)[:] = (v + (1 << FRACTION) - 1) >> FRACTION
    return int(spread.sum()) // oc


def norm_back(p, n, e, above, psi, norm, base, step, limit):
    """See ``reference.full.norm_back``."""
    oh, ow, oc = p[_OH], p[_OW], p[_OC]
    cells = n * oh * ow
    errors = np.frombuffer(e, np.int8, cells * oc).reshape(cells, oc)
    g = errors.astype(np.int32)
    s = 1 - 2 * passes(above, n * oh, ow, oc).reshape(cells, oc).astype(np.int32)
    total = g.sum(axis=0)
    mean = ((total << FRACTION) + cells // 2) // cells
    tilt = (((g * s).sum(axis=0) << FRACTION) + cells // 2) // cells
    rate = np.frombuffer(psi, np.int32, oc).astype(np.int64)
    rate = np.minimum((base << RATIO) // rate, 16 << RATIO).astype(np.int32)
    r = ((g << FRACTION) - mean - s * tilt) * rate
    shift = RATIO + FRACTION
    _copy(e, np.clip((r + (1 << shift >> 1)) >> shift, -limit, limit).astype(np.int8))
    if step:
        beta = np.frombuffer(norm, np.int32, oc)
        beta[:] = np.clip(beta - step * np.sign(total), -127, 127)
    return int(np.abs(g).max())
