"""Compares C kernels with the reference; run by tests/kernels/test_native.py, under sanitizers."""

from __future__ import annotations

from array import array
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

settings.register_profile("sanitized", deadline=None, max_examples=40, database=None)
settings.load_profile("sanitized")

from helpers.geometry import Geometry, by_position, fill, geometries, packed  # noqa: E402
from kernels import test_core  # noqa: E402
from kernels.native.host_kernels import HostKernels  # noqa: E402
from tinycl_rt.kernels.reference import core as ref  # noqa: E402
from tinycl_rt.lib.integers import exp_table  # noqa: E402

HOST, ODD = HostKernels(), HostKernels(odd=True)

# The property tests of the other kernel sets, with the C kernels in the numpy set's place.
test_core.numpy_kernels = HOST  # type: ignore[assignment]
from kernels.test_core import (  # noqa: E402
    SEEDS,
    STYLES,
    test_bconv,
    test_binarise,
    test_bpool,
    test_conv8,
    test_conv8_is_exact_beyond_float32,
    test_head_forward,
    test_head_merge,
    test_head_step,
    test_head_sum,
    test_head_update,
    test_softmax_error,
    test_sum_pool,
    thresholds,
)

__all__ = [
    "test_bconv",
    "test_binarise",
    "test_bpool",
    "test_conv8",
    "test_conv8_is_exact_beyond_float32",
    "test_head_forward",
    "test_head_merge",
    "test_head_step",
    "test_head_sum",
    "test_head_update",
    "test_softmax_error",
    "test_sum_pool",
]


def layer(name: str, g: Geometry, seed: int, style: str = "any") -> tuple[Any, ...]:
    """Arguments of a convolution or pooling, on fresh buffers."""
    t = thresholds(seed, style, 12, g.oc)
    if g.pad == 2:
        starts, size = by_position(seed, g.oh, g.ow, g.oc)
        t = array("i", starts) + thresholds(seed, style, 12, size - len(starts))
    y, acc = bytearray(g.oh * g.ow * test_core.words(g.oc)), array("i", bytes(4 * g.oc))
    if name == "conv8":
        x = fill(seed, style, 0, 255, g.h * g.w * g.c).astype(np.uint8).tobytes()
        w = array("b", fill(seed + 1, style, -128, 127, g.oc * g.kh * g.kw * g.c).tolist())
        return g.p, x, w, t, y, acc
    x = packed(fill(seed, style, 0, 1, (g.h, g.w, g.c)) > 0)
    if name == "bpool":
        return g.p, x, packed(fill(seed + 1, style, 0, 1, (1, g.c)) > 0), y
    return g.p, x, packed(fill(seed + 1, "any", 0, 1, (g.oc, g.kh, g.kw, g.c)) > 0), t, y, acc


def agree(host: HostKernels, name: str, g: Geometry, seed: int, style: str = "any") -> None:
    found, wanted = layer(name, g, seed, style), layer(name, g, seed, style)
    getattr(host, name)(*found)
    getattr(ref, name)(*wanted)
    y = -1 if name == "bpool" else 4
    assert found[y] == wanted[y]


@given(geometries(), st.integers(0, 2), SEEDS, STYLES)
def test_odd_addresses(g: Geometry, pad: int, seed: int, style: str) -> None:
    agree(ODD, "bconv", g.replace(pad=pad), seed, style)
    agree(ODD, "conv8", g.replace(c=min(g.c, 5), pad=0), seed, style)
    agree(ODD, "bpool", g.replace(oc=g.c, pad=0), seed, style)


@pytest.mark.parametrize("odd", [False, True])
@pytest.mark.parametrize("c, k", [(256, 3), (257, 3), (600, 3), (130, 5), (64, 7), (2400, 1)])
def test_windows_of_more_than_one_patch(c: int, k: int, odd: bool) -> None:
    host = ODD if odd else HOST
    for pad in (0, 1):
        g = Geometry(k, 2, c, k, k, 1, 1, k // 2, k // 2, 1, 2, 3, pad, 128, 0)
        agree(host, "bconv", g, c)
        agree(host, "conv8", g.replace(c=c // 8, oc=5), c)


@pytest.mark.parametrize("odd", [False, True])
@pytest.mark.parametrize("words", range(1, 46))
def test_all_bits_differ(words: int, odd: bool) -> None:
    """The largest sums that bytes of counters have to hold, and one less."""
    n, results = 32 * words, []
    g = Geometry(1, 1, n, 1, 1, 1, 1, 0, 0, 1, 1, 4, 0, 0, 0)
    w = bytearray(b"\xff" * (4 * 4 * words))
    w[0] = w[4 * words] = 0xFE
    for k in (ODD if odd else HOST, ref):
        y = bytearray(4)
        t = array("i", (2 - n, 3 - n, -n, 1 - n))
        k.bconv(g.p, bytes(4 * words), bytes(w), t, y, array("i", bytes(16)))
        results.append(y)
    assert results[0] == results[1] == b"\x0a\0\0\0"


@pytest.mark.parametrize("zero", [-255, 0, 128, 255])
@pytest.mark.parametrize("taps", [27, 63, 64, 65, 80, 81, 160])
def test_the_largest_sums_of_pixels(taps: int, zero: int) -> None:
    """Of one position and of two, up to those that a word has just room for."""
    g = Geometry(1, 3, taps, 1, 1, 1, 1, 0, 0, 1, 3, 3, 0, zero, 0)
    x = bytes(taps) + b"\xff" * taps + bytes(taps)
    w = array("b", [-128] * taps + [127] * taps + [-128] * taps)
    for shift in (0, 1):
        results = []
        for k in (HOST, ref):
            sums = [(p - zero) * v * taps for p, v in ((255, -128), (0, 127), (0, -128))]
            y, t = bytearray(12), array("i", [s + shift for s in sums])
            k.conv8(g.p, x, w, t, y, array("i", bytes(12)))
            results.append(y)
        assert results[0] == results[1]


@given(st.integers(1, 3), st.integers(1, 40), st.integers(1, 8), SEEDS, STYLES)
def test_updates_of_any_shift_and_error(
    rows: int, features: int, qf: int, seed: int, style: str
) -> None:
    w = array("h", fill(seed, style, -32768, 32767, rows * features).tolist())
    g = array("h", fill(seed + 1, style, -32768, 32767, rows).tolist())
    x = array("b", fill(seed + 2, "any", -128, 127, features).tolist())
    for shift in range(-31, 31):
        found, wanted = array("h", w), array("h", w)
        one, two = array("I", [seed | 1]), array("I", [seed | 1])
        for rng in ((None, None), (one, two)):
            HOST.head_update(found, g, x, rows, features, shift, 2**qf - 1, rng[0])
            ref.head_update(wanted, g, x, rows, features, shift, 2**qf - 1, rng[1])
        assert (found, one) == (wanted, two)


HEAD = array("h", [5] * 30), array("b", [3] * 10)
CALLS: dict[str, tuple[Any, ...]] = {
    "conv8": layer("conv8", Geometry(4, 3, 5, 3, 3, 1, 1, 1, 1, 4, 3, 33, 0, 128, 0), 1),
    "bconv": layer("bconv", Geometry(4, 3, 40, 3, 3, 1, 1, 1, 1, 4, 3, 33, 1, 0, 0), 1),
    "bpool": layer("bpool", Geometry(4, 4, 40, 2, 2, 2, 2, 0, 0, 2, 2, 40, 0, 0, 0), 1),
    "binarise": (
        array("i", (2, 2, 33, 1, 1, 1, 1, 0, 0, 2, 2, 33, 0, 0, 0)),
        bytes(132),
        array("i", bytes(132)),
        bytearray(32),
    ),
    "sum_pool": (
        array("i", (4, 4, 33, 1, 1, 1, 1, 0, 0, 2, 2, 33, 0, 0, 1)),
        bytes(128),
        bytearray(132),
    ),
    "head_forward": (*HEAD, array("i", [0] * 3), 3, 10, 8, 127),
    "softmax_error": (array("i", [3, 2, 1]), exp_table(), array("h", [0] * 3), 3, 1, 4, 8),
    "head_update": (HEAD[0], array("h", [1, 2, 3]), HEAD[1], 3, 10, 4, 127, array("I", [1])),
    "head_step": (
        array("i", (3, 10, 8, 127, 4, 8, 9, 32767)),
        *HEAD,
        *(array("i", [0] * 3), array("h", [0] * 3), exp_table(), array("I", [1])),
        1,
    ),
    "head_sum": (array("h", [5] * 30), 2, 10),
    "head_merge": (array("h", [5] * 30), array("h", [5] * 30), 2, 10, 0, 99, 127),
}


@pytest.mark.parametrize("name", CALLS)
def test_each_buffer_is_measured(name: str) -> None:
    good = CALLS[name]
    getattr(HOST, name)(*good)
    for i, argument in enumerate(good):
        if isinstance(argument, int) or len(argument) == 256:  # any table will do
            continue
        for short in (argument[:-1], argument[:0]):
            with pytest.raises(ValueError, match="size"):
                getattr(HOST, name)(*good[:i], short, *good[i + 1 :])


@pytest.mark.parametrize("field", range(15))
def test_geometry_is_checked(field: int) -> None:
    p = CALLS["bconv"][0]
    for value in (-1, 0, 2**31 - 1, -(2**31)):
        if (field, value) == (13, -1) or (field in (7, 8, 12, 13, 14) and value == 0):
            continue
        bad = array("i", p)
        bad[field] = value
        with pytest.raises(ValueError, match="geometry"):
            HOST.bconv(bad, *CALLS["bconv"][1:])


def test_thresholds_by_position_stay_inside_the_table() -> None:
    g = Geometry(2, 2, 8, 1, 1, 1, 1, 0, 0, 2, 2, 3, 2, 0, 0)
    for starts in ((4, 5, 0, 0), (0, 0, 4, 5), (2, 3, 2, 2), (-1, 4, 4, 4), (2**31 - 1,) * 4):
        _, x, w, _, y, acc = layer("bconv", g.replace(pad=1), 1)
        with pytest.raises(ValueError, match=r"size|geometry"):
            HOST.bconv(g.p, x, w, array("i", starts + (0,) * 3), y, acc)
    HOST.bconv(g.p, x, w, array("i", (2, 4, 0, 0, 0, 0, 0)), y, acc)
