"""Kernels of the trainable tail: sets agree on every input, gradients are those of the layer."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from helpers.geometry import Geometry, by_position, fill, geometries, packed
from hypothesis import given
from hypothesis import strategies as st
from tinycl_rt.kernels.numpy import tail as numpy_tail
from tinycl_rt.kernels.reference import core as reference
from tinycl_rt.kernels.reference import tail as reference_tail
from tinycl_rt.tcm import words

STYLES = st.sampled_from(["any", "any", "ends", "low", "high"])
SEEDS = st.integers(0, 2**32 - 1)
IMAGES = st.integers(1, 3)
SHIFTS = st.sampled_from([0, 1, 4, 7, 9, 24])
INT32 = 2**31

# tests/kernels/native/sanitized_tail.py puts the C kernels here.
other = SimpleNamespace(kernels=numpy_tail)


def both(call: Callable[[Any], Any]) -> Any:
    """The same call on fresh buffers gives the same under both sets."""
    wanted = call(reference_tail)
    assert call(other.kernels) == wanted
    return wanted


def bits(seed: int, style: str, *shape: int) -> bytes:
    return packed(fill(seed, style, 0, 1, shape) > 0)


def ints(code: str, seed: int, style: str, low: int, high: int, n: int) -> array:
    return array(code, fill(seed, style, low, high, n).tolist())


def errors(seed: int, style: str, n: int, zeros: float = 0.4) -> array:
    values = fill(seed, style, -127, 127, n)
    values[np.random.default_rng(seed).random(n) < zeros] = 0
    return array("b", values.tolist())


def thresholds(g: Geometry, seed: int, style: str) -> array:
    low, high = (-12, 12) if style == "any" else (-INT32, INT32 - 1)
    if g.pad != 2:
        return ints("i", seed, style, low, high, g.oc)
    starts, size = by_position(seed, g.oh, g.ow, g.oc)
    return array("i", starts) + ints("i", seed, style, low, high, size - len(starts))


@given(
    geometries(), st.integers(0, 2), IMAGES, SEEDS, STYLES, STYLES, STYLES, st.integers(0, 2**28)
)
def test_bconv_train(
    g: Geometry, pad: int, n: int, seed: int, image: str, kernel: str, table: str, half: int
) -> None:
    g = g.replace(pad=pad)
    half = half if seed % 3 == 0 else half % 24
    x, w = bits(seed, image, n * g.h * g.w, g.c), bits(seed + 1, kernel, g.oc * g.kh * g.kw, g.c)
    t = thresholds(g, seed + 2, table)
    size = n * g.oh * g.ow * words(g.oc)

    def run(k: Any) -> tuple[bytearray, bytearray]:
        y, inside = bytearray(b"\xaa" * size), bytearray(b"\xaa" * size)
        k.bconv_train(g.p, n, x, w, t, half, y, inside, array("i", bytes(4 * g.oc)))
        return y, inside

    y, _ = both(run)
    one = len(x) // n
    for b in range(n):  # the bits are those of bconv
        plain = bytearray(size // n)
        image_bits = x[b * one : (b + 1) * one]
        reference.bconv(g.p, image_bits, w, t, plain, array("i", bytes(4 * g.oc)))
        assert y[b * len(plain) : (b + 1) * len(plain)] == plain


@given(
    st.integers(1, 20), st.integers(1, 48), st.integers(4, 8), st.integers(8, 16), SEEDS, STYLES
)
def test_head_back(n: int, d: int, qf: int, qb: int, seed: int, style: str) -> None:
    top = 2 ** (qb - 1)
    w, g = ints("h", seed, style, -top, top - 1, n * d), ints("h", seed + 1, "any", -128, 127, n)

    def run(k: Any) -> array:
        f = array("i", [7] * d)
        k.head_back(w, g, f, n, d, qb - qf, 2 ** (qf - 1) - 1)
        return f

    both(run)


@given(st.integers(1, 7), st.integers(1, 7), st.integers(1, 40), st.data(), SHIFTS, SEEDS, STYLES)
def test_unpool(
    h: int, w: int, c: int, data: st.DataObject, shift: int, seed: int, style: str
) -> None:
    gh, gw = data.draw(st.integers(1, h)), data.draw(st.integers(1, w))
    p = array("i", (h, w, c, 1, 1, 1, 1, 0, 0, gh, gw, c, 0, 0, 0))
    f = ints("i", seed, style, -INT32, INT32 - 1, gh * gw * c)
    inside, limit = data.draw(st.sampled_from([bits(seed, "any", h * w, c), None])), seed % 128

    def run(k: Any) -> array:
        e = array("b", [9] * (h * w * c))
        k.unpool(p, f, shift, limit, inside, e)
        return e

    both(run)


@given(st.integers(1, 12), st.integers(1, 70), SHIFTS, SEEDS, STYLES, st.booleans())
def test_requantize(cells: int, c: int, shift: int, seed: int, style: str, all_pass: bool) -> None:
    d = ints("i", seed, style, -INT32, INT32 - 1, cells * c)
    inside, limit = None if all_pass else bits(seed, "any", cells, c), seed % 128

    def run(k: Any) -> array:
        e = array("b", [9] * (cells * c))
        k.requantize(d, cells, c, shift, limit, inside, e)
        return e

    both(run)


@given(geometries(outputs=1), SEEDS, STYLES, st.booleans())
def test_bpool_back(g: Geometry, seed: int, style: str, all_pass: bool) -> None:
    g = g.replace(sh=max(g.sh, g.kh), sw=max(g.sw, g.kw), oc=g.c, pad=0)
    g = g.replace(
        oh=min(g.oh, (g.h - 1 + g.top) // g.sh + 1), ow=min(g.ow, (g.w - 1 + g.left) // g.sw + 1)
    )
    x, y = bits(seed, style, g.h * g.w, g.c), bytearray(g.oh * g.ow * words(g.c))
    reference.bpool(g.p, x, bits(seed + 1, "any", 1, g.c), y)
    f = errors(seed, "any", g.oh * g.ow * g.c)
    inside = None if all_pass else bits(seed + 2, "any", g.h * g.w, g.c)

    def run(k: Any) -> array:
        e = array("b", [9] * (g.h * g.w * g.c))
        k.bpool_back(g.p, x, bytes(y), f, inside, e)
        return e

    both(run)


@given(geometries(), SEEDS, STYLES, STYLES)
def test_bconv_back(g: Geometry, seed: int, kernel: str, style: str) -> None:
    w = bits(seed, kernel, g.oc * g.kh * g.kw, g.c)
    e = errors(seed + 1, style, g.oh * g.ow * g.oc)

    def run(k: Any) -> array:
        d = array("i", [77] * (g.h * g.w * g.c))
        k.bconv_back(g.p, e, w, d)
        return d

    both(run)


def rules(seed: int) -> tuple[str, array]:
    """Item of the latent weights and a rule, both at random."""
    rng = np.random.default_rng(seed)
    limit = int(rng.choice([127, 32767, int(rng.integers(0, 128))]))
    kind, shift = int(rng.integers(3)), int(rng.choice([0, 1, 5, 9, 24]))
    near = int(rng.integers(16)) if kind == 2 else int(rng.choice([0, 1, 15, 300]))
    t_shift = int(rng.choice([0, 0, 1, 6, 24]))
    rule = array("i", (kind, shift, near, int(rng.integers(0, 200)), limit, t_shift))
    return "h" if limit > 127 or rng.random() < 0.2 else "b", rule


@given(
    geometries(channels=40, outputs=9), st.integers(0, 2), IMAGES, SEEDS, STYLES, STYLES, STYLES
)
def test_bconv_update(
    g: Geometry, pad: int, n: int, seed: int, image: str, kernel: str, table: str
) -> None:
    g = g.replace(pad=pad)
    x, e = bits(seed, image, n * g.h * g.w, g.c), errors(seed, "any", n * g.oh * g.ow * g.oc)
    start = bits(seed + 1, kernel, g.oc * g.kh * g.kw, g.c)
    code, rule = rules(seed)
    top = 127 if code == "b" else 32767
    old = ints(code, seed, kernel, -top - 1, top, g.oc * g.kh * g.kw * g.c)
    bounds = thresholds(g, seed + 2, table)

    def run(k: Any) -> tuple[Any, ...]:
        latent, w, t = array(code, old), bytearray(start), array("i", bounds)
        row, rng = array("i", [9] * (g.kh * g.kw * g.c)), array("I", (seed | 1,))
        flips = k.bconv_update(g.p, n, x, e, latent, w, t, row, rule, rng)
        return flips, latent, w, t, rng

    flips, _, w, _, _ = both(run)
    assert flips == sum(bin(a ^ b).count("1") for a, b in zip(start, w, strict=True))


@pytest.mark.parametrize("n", [1, 44, 45, 250, 251, 300])
def test_sums_of_many_errors(n: int) -> None:
    """Extreme errors of one sign: what half a word, or a list of terms, holds is passed."""
    g = Geometry(1, n, 33, 1, 1, 1, 1, 0, 0, 1, n, 2, 1, 0, 0)
    for value, style in ((-128, "high"), (127, "high"), (-128, "any")):
        e, x = array("b", [value] * (2 * n)), bits(n, style, n, 33)

        def update(k: Any, e: array = e, x: bytes = x) -> tuple[Any, ...]:
            latent, rule = array("h", bytes(132)), array("i", (1, 0, 0, 0, 32767, 0))
            w, rng = bytearray(16), array("I", (1,))
            row, t = array("i", bytes(132)), array("i", (0, 0))
            k.bconv_update(g.p, 1, x, e, latent, w, t, row, rule, rng)
            return latent, w

        both(update)
        g2 = Geometry(1, 1, 33, 1, 1, 1, 1, 0, 0, 1, 1, n, 1, 0, 0)

        def back(k: Any, g: Geometry = g2, e: array = e[:n], x: bytes = x) -> array:
            d = array("i", bytes(132))
            k.bconv_back(g.p, e, x, d)
            return d

        both(back)


def plus_minus(packed_bits: bytes, *shape: int) -> np.ndarray:
    """Packed bits -> +-1 float64 of the shape, the last axis of which are channels."""
    rows = np.frombuffer(packed_bits, np.uint8).reshape(-1, words(shape[-1]))
    ones = np.unpackbits(rows, axis=1, count=shape[-1], bitorder="little")
    return (1.0 - 2.0 * ones).reshape(shape)


def dense(g: Geometry, w: np.ndarray) -> np.ndarray:
    """The convolution as a matrix (inputs, outputs): its transpose is the way back."""
    m = np.zeros((g.h, g.w, g.c, g.oh, g.ow, g.oc))
    for oy, ox, ky, kx in np.ndindex(g.oh, g.ow, g.kh, g.kw):
        iy, ix = oy * g.sh - g.top + ky, ox * g.sw - g.left + kx
        if 0 <= iy < g.h and 0 <= ix < g.w:
            m[iy, ix, :, oy, ox, :] += w[:, ky, kx, :].T
    return m.reshape(g.h * g.w * g.c, -1)


@given(geometries(channels=6, outputs=5), SEEDS)
def test_errors_go_back_through_the_transposed_layer(g: Geometry, seed: int) -> None:
    w, e = bits(seed, "any", g.oc * g.kh * g.kw, g.c), errors(seed, "any", g.oh * g.ow * g.oc)
    d = array("i", bytes(4 * g.h * g.w * g.c))
    reference_tail.bconv_back(g.p, e, w, d)
    m = dense(g, plus_minus(w, g.oc, g.kh, g.kw, g.c))
    assert d.tolist() == (m @ np.array(e, np.float64)).tolist()


@given(geometries(channels=6, outputs=4), IMAGES, st.integers(0, 1), SEEDS)
def test_weights_gradient_is_the_derivative(g: Geometry, n: int, pad: int, seed: int) -> None:
    """By central differences of sum(e * acc): acc is linear in the weights, so they are exact."""
    g = g.replace(pad=pad)
    x, e = bits(seed, "any", n * g.h * g.w, g.c), errors(seed, "any", n * g.oh * g.ow * g.oc)
    image, size = plus_minus(x, n, g.h, g.w, g.c), g.oc * g.kh * g.kw * g.c
    e4 = np.array(e, np.float64).reshape(n, g.oh, g.ow, g.oc)

    def loss(w: np.ndarray) -> float:
        acc = np.zeros((n, g.oh, g.ow, g.oc))
        for oy, ox, ky, kx in np.ndindex(g.oh, g.ow, g.kh, g.kw):
            iy, ix = oy * g.sh - g.top + ky, ox * g.sw - g.left + kx
            if 0 <= iy < g.h and 0 <= ix < g.w:
                acc[:, oy, ox] += image[:, iy, ix] @ w[:, ky, kx].T
            elif pad:
                acc[:, oy, ox] += w[:, ky, kx].sum(axis=1)
        return float((acc * e4).sum())

    # Wide latents from 0 with shift 0 hold minus the gradient.
    latent, rule = array("h", bytes(2 * size)), array("i", (1, 0, 0, 0, 32767, 0))
    w, row = bytearray(g.oc * g.kh * g.kw * words(g.c)), array("i", bytes(4 * size // g.oc))
    t = array("i", bytes(4 * g.oc))
    reference_tail.bconv_update(g.p, n, x, e, latent, w, t, row, rule, array("I", (1,)))
    found = -np.array(latent, np.float64)
    rng = np.random.default_rng(seed)
    for i in rng.choice(size, min(size, 12), replace=False):
        unit = np.zeros(size)
        unit[i] = 1.0
        unit = unit.reshape(g.oc, g.kh, g.kw, g.c)
        assert found[i] == np.clip((loss(unit) - loss(-unit)) / 2, -32767, 32767)


def test_steps_are_unbiased() -> None:
    """Proportional updates move latent weights by the gradient over 2^shift on average."""
    c, shift, gradient = 4096, 6, 37
    p = array("i", (1, 1, c, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0, 0))
    e, latent = array("b", (gradient,)), array("h", bytes(2 * c))
    rule, row = array("i", (1, shift, 0, 0, 32767, 0)), array("i", bytes(4 * c))
    w, t, rng = bytearray(c // 8), array("i", (0,)), array("I", (12345,))
    reference_tail.bconv_update(p, 1, bytes(c // 8), e, latent, w, t, row, rule, rng)
    assert set(latent) == {0, -1}
    assert abs(-np.mean(latent) - gradient / 2**shift) < 4 * np.sqrt(0.25 / c)
