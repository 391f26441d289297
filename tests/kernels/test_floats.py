"""Real-valued kernel sets: numpy's within float32's resolution of the reference, C bit for bit."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
from helpers.geometry import Geometry, by_position, fill, geometries, packed
from hypothesis import given
from hypothesis import strategies as st
from tinycl_rt.kernels.numpy import floats as numpy_floats
from tinycl_rt.kernels.reference import floats as reference_floats
from tinycl_rt.tcm import words

SEEDS = st.integers(0, 2**32 - 1)
KINDS = st.integers(0, 3)
FUNCTIONS = st.integers(0, 2)

# tests/kernels/native/sanitized_cases.py puts the C kernels here, which have to be exact.
other = SimpleNamespace(kernels=numpy_floats, exact=False)


def floats(seed: int, n: int, spread: int = 3) -> array:
    """Numbers of any sign over some powers of two, zeros among them."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=n) * 2.0 ** rng.integers(-spread, spread, n, endpoint=True)
    values[rng.random(n) < 0.1] = rng.choice([0.0, -0.0])
    return array("f", values.astype(np.float32).tolist())


def rubbish(n: int) -> array:
    return array("f", [7e33]) * n


def both(call: Callable[[Any], array], scale: float | None = None) -> None:
    """Equal; numpy's sums may be off by what float32 resolves of the terms' size, `scale`."""
    found, wanted = call(other.kernels), call(reference_floats)
    if other.exact:
        assert found.tobytes() == wanted.tobytes()
    elif scale is None:
        assert found == wanted
    else:
        a, b = (np.array(v, np.float64) for v in (found, wanted))
        assert np.all(np.abs(a - b) <= 4e-7 * (scale + np.abs(b)))


def largest(*tensors: array) -> float:
    """Bound on a product of one entry of each."""
    return float(np.prod([max(map(abs, t), default=0) for t in tensors]))


def window(run: str, g: Geometry, x: array, w: array, t: array) -> None:
    def call(k: Any) -> array:
        y = rubbish(g.oh * g.ow * g.oc)
        getattr(k, run)(g.p, x, w, t, y)
        return y

    both(call, g.kh * g.kw * g.c * largest(x, w) + largest(t))


@given(geometries(channels=5, outputs=7), KINDS, SEEDS)
def test_conv(g: Geometry, kind: int, seed: int) -> None:
    g = g.replace(shift=kind)
    x, w = floats(seed, g.h * g.w * g.c), floats(seed + 1, g.oc * g.kh * g.kw * g.c)
    window("conv", g, x, w, floats(seed + 2, g.oc))


@given(geometries(channels=5), KINDS, st.integers(1, 3), SEEDS)
def test_depthwise(g: Geometry, kind: int, each: int, seed: int) -> None:
    g = g.replace(shift=kind, oc=each * g.c)
    x, w = floats(seed, g.h * g.w * g.c), floats(seed + 1, g.kh * g.kw * g.oc)
    window("depthwise", g, x, w, floats(seed + 2, g.oc))


@given(geometries(), st.integers(1, 2), KINDS, SEEDS)
def test_bconv(g: Geometry, pad: int, kind: int, seed: int) -> None:
    g = g.replace(pad=pad, shift=kind)
    x = packed(fill(seed, "any", 0, 1, (g.h, g.w, g.c)) > 0)
    w = packed(fill(seed + 1, "any", 0, 1, (g.oc, g.kh, g.kw, g.c)) > 0)
    t = floats(seed + 2, 2 * g.oc)
    if pad == 2:
        starts, size = by_position(seed, g.oh, g.ow, g.oc)
        places = [(2 * g.oc + s if i < g.oh else s) for i, s in enumerate(starts)]
        t += array("f", places) + floats(seed + 3, size - len(starts))

    def call(k: Any) -> array:
        y = rubbish(g.oh * g.ow * g.oc)
        k.bconv(g.p, x, w, t, y, array("i", bytes(4 * g.oc)))
        return y

    both(call)


@given(geometries(channels=9), KINDS, SEEDS)
def test_pooling(g: Geometry, kind: int, seed: int) -> None:
    g = g.replace(shift=kind, oc=g.c)
    x = floats(seed, g.h * g.w * g.c)
    for run in ("max_pool", "mean_pool"):

        def call(k: Any, run: str = run) -> array:
            y = rubbish(g.oh * g.ow * g.oc)
            getattr(k, run)(g.p, x, y)
            return y

        both(call, None if run == "max_pool" else largest(x))


def image(g: Geometry, **fields: int) -> Geometry:
    """The same without a window."""
    plain = {"kh": 1, "kw": 1, "sh": 1, "sw": 1, "top": 0, "left": 0}
    return g.replace(**{**plain, "oh": g.h, "ow": g.w, "oc": g.c, **fields})


@given(geometries(), FUNCTIONS, KINDS, SEEDS, st.booleans(), st.booleans())
def test_combine_and_scale(
    g: Geometry, function: int, kind: int, seed: int, one: bool, in_place: bool
) -> None:
    g = image(g, pad=function, shift=kind)
    n = g.h * g.w * g.c
    x, z, t = floats(seed, n), floats(seed + 1, n), floats(seed + 2, 1 if one else g.c)
    for run, second in (("combine", z), ("scale", t)):

        def call(k: Any, run: str = run, second: array = second) -> array:
            a = array("f", x)
            y = a if in_place else rubbish(n)
            getattr(k, run)(g.p, a, second, y)
            return y

        both(call)


@given(geometries(), SEEDS)
def test_signs(g: Geometry, seed: int) -> None:
    g = image(g)
    x = floats(seed, g.h * g.w * g.c)
    values = (0.0, -0.0, 1e-45, -1e-45, float("inf"), -float("inf"), float("nan"))
    for i, v in enumerate(values[: len(x)]):
        x[-1 - i] = v
    bits = bytearray(b"\xaa" * (g.h * g.w * words(g.c)))
    reference_floats.sign(g.p, x, bits)
    negative = np.array(x, np.float32).reshape(-1, g.c) < 0
    assert bytes(bits) == packed(negative)
    found = bytearray(b"\x55" * len(bits))
    other.kernels.sign(g.p, x, found)
    assert found == bits

    def back(k: Any) -> array:
        y = rubbish(len(x))
        k.unsign(g.p, bits, y)
        return y

    both(back)
    assert np.array_equal(np.array(back(other.kernels)) < 0, negative.ravel())


@given(geometries(channels=9), SEEDS, st.integers(0, 3), st.integers(0, 3))
def test_pixels_and_padding(g: Geometry, seed: int, top: int, left: int) -> None:
    g = image(g)
    n = g.h * g.w * g.c
    pixels = fill(seed, "any", 0, 255, n).astype(np.uint8).tobytes()

    def values(k: Any) -> array:
        y = rubbish(n)
        k.pixels(g.p, pixels, y)
        return y

    both(values)
    p = g.replace(top=top, left=left, oh=g.h + top + 1, ow=g.w + left + 2)

    def padded(k: Any) -> array:
        y = rubbish(p.oh * p.ow * p.c)
        k.pad(p.p, values(k), y)
        return y

    both(padded)


@given(geometries(channels=20), SEEDS, st.integers(0, 6))
def test_softmax(g: Geometry, seed: int, spread: int) -> None:
    g = image(g)
    x = floats(seed, g.h * g.w * g.c, spread)
    rows = np.array(x, np.float64).reshape(-1, g.c)
    e = np.exp(rows - rows.max(axis=1, keepdims=True))
    wanted = e / e.sum(axis=1, keepdims=True)

    def call(k: Any) -> array:
        y = rubbish(len(x))
        k.softmax(g.p, x, y)
        return y

    for k in (reference_floats, other.kernels):
        error = np.abs(np.array(call(k), np.float64).reshape(-1, g.c) - wanted)
        assert np.all(error <= 6e-7 * wanted + 1e-37)
    if other.exact:
        both(call)


def test_exp_of_its_whole_range() -> None:
    v = -np.concatenate([np.linspace(0, 1, 999), np.linspace(0, 86, 9999)]).astype(np.float32)
    found = np.array([reference_floats._exp(float(u)) for u in v])
    assert np.all(np.abs(found / np.exp(v.astype(np.float64)) - 1) < 3e-7)
    assert reference_floats._exp(-86.1) == 0 and reference_floats._exp(-float("inf")) == 0
    assert np.isnan(reference_floats._exp(float("nan")))


def test_same_names() -> None:
    def kernels(module: ModuleType) -> set[str]:
        return {n for n, v in vars(module).items() if callable(v) and n[0] != "_"}

    missing = kernels(reference_floats) - kernels(numpy_floats) - {"const", "ldexp"}
    assert not missing
