"""Every kernel set gives the reference's integers, bit for bit, on every input."""

from array import array
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from helpers.geometry import Geometry, by_position, fill, geometries, packed
from hypothesis import given
from hypothesis import strategies as st
from tinycl_rt.kernels import choose
from tinycl_rt.kernels.numpy import core as numpy_kernels
from tinycl_rt.kernels.reference import core as reference
from tinycl_rt.lib.integers import exp_table
from tinycl_rt.tcm import words

STYLES = st.sampled_from(["any", "any", "ends", "low", "high"])
SEEDS = st.integers(0, 2**32 - 1)
INT32 = 2**31


def both(call: Callable[[ModuleType], Any]) -> None:
    """The same call on fresh buffers must give the same result under both sets."""
    assert call(reference) == call(numpy_kernels)


def thresholds(seed: int, style: str, bound: int, n: int) -> array:
    """Around the accumulators mostly; at the ends of int32 in the other styles."""
    low, high = (-bound, bound) if style == "any" else (-INT32, INT32 - 1)
    return array("i", fill(seed, style, low, high, n).tolist())


def output(g: Geometry, channels: int) -> bytearray:
    return bytearray(b"\xaa" * (g.oh * g.ow * words(channels)))


@given(geometries(channels=5, outputs=36), SEEDS, STYLES, STYLES, STYLES)
def test_conv8(g: Geometry, seed: int, pixels: str, kernel: str, table: str) -> None:
    x = fill(seed, pixels, 0, 255, g.h * g.w * g.c).astype(np.uint8).tobytes()
    w = array("b", fill(seed + 1, kernel, -128, 127, g.oc * g.kh * g.kw * g.c).tolist())
    t = thresholds(seed, table, 20000, g.oc)

    def run(k: ModuleType) -> bytes:
        y = output(g, g.oc)
        k.conv8(g.p, x, w, t, y, array("i", bytes(4 * g.oc)))
        return bytes(y)

    both(run)


@given(geometries(), st.integers(0, 2), SEEDS, STYLES, STYLES, STYLES)
def test_bconv(g: Geometry, pad: int, seed: int, bits: str, kernel: str, table: str) -> None:
    g = g.replace(pad=pad)
    x = packed(fill(seed, bits, 0, 1, (g.h, g.w, g.c)) > 0)
    w = packed(fill(seed + 1, kernel, 0, 1, (g.oc, g.kh, g.kw, g.c)) > 0)
    t = thresholds(seed, table, 12, g.oc)
    if pad == 2:
        starts, size = by_position(seed, g.oh, g.ow, g.oc)
        t = array("i", starts) + thresholds(seed, table, 12, size - len(starts))

    def run(k: ModuleType) -> bytes:
        y = output(g, g.oc)
        k.bconv(g.p, x, w, t, y, array("i", bytes(4 * g.oc)))
        return bytes(y)

    both(run)


@given(geometries(), SEEDS, STYLES, STYLES)
def test_bpool(g: Geometry, seed: int, bits: str, mask: str) -> None:
    x = packed(fill(seed, bits, 0, 1, (g.h, g.w, g.c)) > 0)
    m = packed(fill(seed + 1, mask, 0, 1, (1, g.c)) > 0)

    def run(k: ModuleType) -> bytes:
        y = output(g, g.c)
        k.bpool(g.p, x, m, y)
        return bytes(y)

    both(run)


@given(geometries(), SEEDS, STYLES, STYLES)
def test_binarise(g: Geometry, seed: int, pixels: str, table: str) -> None:
    x = fill(seed, pixels, 0, 255, g.h * g.w * g.c).astype(np.uint8).tobytes()
    t = thresholds(seed, table, 256, g.c)
    g = g.replace(oh=g.h, ow=g.w)

    def run(k: ModuleType) -> bytes:
        y = output(g, g.c)
        k.binarise(g.p, x, t, y)
        return bytes(y)

    both(run)


@given(st.integers(1, 24), st.integers(1, 24), st.data(), SEEDS, STYLES)
def test_sum_pool(h: int, w: int, data: st.DataObject, seed: int, bits: str) -> None:
    gh, gw = data.draw(st.integers(1, h)), data.draw(st.integers(1, w))
    c, shift = data.draw(st.integers(1, 40)), data.draw(st.sampled_from([0, 0, 1, 3, 15]))
    x = packed(fill(seed, bits, 0, 1, (h, w, c)) > 0)
    p = array("i", (h, w, c, 1, 1, 1, 1, 0, 0, gh, gw, c, 0, 0, shift))

    def run(k: ModuleType) -> array:
        y = array("b", bytes(gh * gw * c))
        k.sum_pool(p, x, y)
        return y

    both(run)


classes = st.integers(1, 64)
features = st.integers(1, 48)
qf, qb, gbits = st.integers(4, 8), st.integers(8, 16), st.integers(4, 8)


def weights(seed: int, style: str, n: int, bits: int = 16) -> array:
    """Master weights; a restored state may hold -32768, which no update makes."""
    top = 2 ** (bits - 1)
    return array("h", fill(seed, style, -top, top - 1, n).tolist())


def small(seed: int, style: str, n: int) -> array:
    """int8 features."""
    return array("b", fill(seed, style, -127, 127, n).tolist())


@given(classes, features, qf, qb, SEEDS, STYLES, STYLES)
def test_head_forward(n: int, d: int, f: int, b: int, seed: int, sw: str, sx: str) -> None:
    w, x = weights(seed, sw, n * d, b), small(seed + 1, sx, d)

    def run(k: ModuleType) -> array:
        acc = array("i", [-9] * n)
        best = k.head_forward(w, x, acc, n, d, b - f, 2 ** (f - 1) - 1)
        assert best == acc.index(max(acc))  # the first of equals
        return acc

    both(run)


@given(classes, st.integers(-1, 65), st.integers(0, 20), gbits, SEEDS, STYLES, st.integers(0, 30))
def test_softmax_error(
    n: int, label: int, shift: int, bits: int, seed: int, style: str, spread: int
) -> None:
    # Logits of a head with up to 2^16 features stay below 2^30.
    scores = fill(seed, style, -(2**spread) + 1, 2**spread - 1, n).tolist()
    lut = exp_table()

    def run(k: ModuleType) -> tuple[array, array]:
        acc, g = array("i", scores), array("h", bytes(2 * n))
        k.softmax_error(acc, lut, g, n, label, shift, bits)
        return acc, g

    both(run)


@given(classes, features, qb, st.integers(-11, 22), SEEDS, STYLES, STYLES, st.booleans())
def test_head_update(
    n: int, d: int, b: int, shift: int, seed: int, sw: str, sg: str, stochastic: bool
) -> None:
    start, x = weights(seed, sw, n * d, b), small(seed + 1, "any", d)
    errors = fill(seed + 2, sg, -127, 127, n)
    errors[np.random.default_rng(seed).random(n) < 0.3] = 0  # rows that are left alone

    def run(k: ModuleType) -> tuple[array, int]:
        w, rng = array("h", start), array("I", (seed | 1,))
        g = array("h", errors.tolist())
        k.head_update(w, g, x, n, d, shift, 2 ** (b - 1) - 1, rng if stochastic else None)
        return w, rng[0]

    both(run)


@given(classes, features, qf, qb, gbits, st.integers(0, 22), SEEDS, STYLES, st.booleans())
def test_head_step(
    n: int, d: int, f: int, b: int, g: int, shift: int, seed: int, sw: str, stochastic: bool
) -> None:
    start, x, label = weights(seed, sw, n * d, b), small(seed + 1, "any", d), seed % n
    p = array("i", (n, d, b - f, 2 ** (f - 1) - 1, shift, g, shift, 2 ** (b - 1) - 1))
    lut = exp_table()

    def run(k: ModuleType) -> tuple[Any, ...]:
        w, rng = array("h", start), array("I", (seed | 1,))
        acc, errors = array("i", bytes(4 * n)), array("h", bytes(2 * n))
        best = k.head_step(p, w, x, acc, errors, lut, rng if stochastic else None, label)
        return best, w, acc, errors, rng[0]

    both(run)
    w, acc = array("h", start), array("i", bytes(4 * n))
    assert reference.head_forward(w, x, acc, *p[:4]) == run(reference)[0]
    reference.softmax_error(acc, lut, array("h", bytes(2 * n)), n, label, p[4], g)
    assert acc == run(reference)[2]


@given(classes, features, SEEDS, STYLES)
def test_head_sum(n: int, d: int, seed: int, style: str) -> None:
    w = weights(seed, style, n * d)
    for row in (0, n // 2, n - 1):
        both(lambda k, row=row: k.head_sum(w, row, d))


@given(
    st.integers(1, 9),
    features,
    qb,
    st.integers(-32768, 32767),
    st.integers(0, 32768),
    SEEDS,
    STYLES,
    STYLES,
)
def test_head_merge(
    n: int, d: int, b: int, avg: int, keep: int, seed: int, s0: str, s1: str
) -> None:
    old, tw = weights(seed, s0, n * d), weights(seed + 1, s1, n * d)

    def run(k: ModuleType) -> array:
        cw = array("h", old)
        k.head_merge(cw, tw, n // 2, d, avg, keep, 2 ** (b - 1) - 1)
        return cw

    both(run)


def test_load_chooses_by_name_and_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TINYCL_KERNELS", raising=False)
    assert choose.load().NAME == "reference"
    assert choose.load("numpy") is numpy_kernels
    monkeypatch.setenv("TINYCL_KERNELS", "numpy")
    assert choose.load() is numpy_kernels
    assert choose.load("reference") is reference
    monkeypatch.setenv("TINYCL_KERNELS", "abacus")
    with pytest.raises(ValueError, match=r"one of native, numpy, .*abacus"):
        choose.load()


@given(SEEDS)
def test_conv8_is_exact_beyond_float32(seed: int) -> None:
    # Pixels minus a zero point of -255 reach 510: sums of 400 taps pass 2^24, odd ones too.
    c = 400
    x = fill(seed, "any", 200, 255, c).astype(np.uint8).tobytes()
    w = array("b", fill(seed + 1, "any", 80, 127, c).tolist())
    acc = sum((a + 255) * b for a, b in zip(x, w, strict=True))
    p = array("i", (1, 1, c, 1, 1, 1, 1, 0, 0, 1, 1, 2, 0, -255, 0))
    for k in (reference, numpy_kernels):
        y = bytearray(4)
        k.conv8(p, x, w + w, array("i", (acc, acc + 1)), y, array("i", (0, 0)))
        assert y[0] == 0b10, k.NAME


@given(st.integers(1, 9), st.integers(1, 20), features, qf, qb, SEEDS, STYLES)
def test_logits_of_a_batch(n: int, rows: int, d: int, f: int, b: int, seed: int, sw: str) -> None:
    w, x = weights(seed, sw, n * d, b), fill(seed + 1, "any", -127, 127, (rows, d))
    found = numpy_kernels.batch_head_forward(w, x.astype(np.int8), n, b - f, 2 ** (f - 1) - 1)
    for row, logits in zip(x, found, strict=True):
        acc = array("i", bytes(4 * n))
        one = array("b", row.tolist())
        reference.head_forward(w, one, acc, n, d, b - f, 2 ** (f - 1) - 1)
        assert acc.tolist() == logits.tolist()
