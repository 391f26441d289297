"""Compares C kernels of the tail with the reference; run by tests/kernels/test_native.py."""

from __future__ import annotations

from array import array
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

settings.register_profile("sanitized", deadline=None, max_examples=60, database=None)
settings.load_profile("sanitized")

from helpers.geometry import Geometry, geometries  # noqa: E402
from kernels import test_tail  # noqa: E402
from kernels.native.host_kernels import HostTail  # noqa: E402
from tinycl_rt.kernels.reference import core as plain  # noqa: E402
from tinycl_rt.kernels.reference import tail as ref  # noqa: E402

HOST, ODD = HostTail(), HostTail(odd=True)
test_tail.other.kernels = HOST
from kernels.test_tail import (  # noqa: E402
    SEEDS,
    bits,
    errors,
    test_bconv_back,
    test_bconv_train,
    test_bconv_update,
    test_bpool_back,
    test_head_back,
    test_requantize,
    test_sums_of_many_errors,
    test_unpool,
)

__all__ = [
    "test_bconv_back",
    "test_bconv_train",
    "test_bconv_update",
    "test_bpool_back",
    "test_head_back",
    "test_requantize",
    "test_sums_of_many_errors",
    "test_unpool",
]


@given(geometries(), st.integers(0, 1), SEEDS)
def test_odd_addresses(g: Geometry, pad: int, seed: int) -> None:
    g = g.replace(pad=pad)
    pool = g.replace(sh=max(g.sh, g.kh), sw=max(g.sw, g.kw), oh=1, ow=1, oc=g.c)
    x, w = bits(seed, "any", g.h * g.w, g.c), bits(seed, "any", g.oc * g.kh * g.kw, g.c)
    top = bytearray(len(x) // (g.h * g.w))
    plain.bpool(pool.p, x, bytes(len(top)), top)
    d, f = array("i", range(g.h * g.w * g.c)), errors(seed, "any", g.c)
    results = []
    for k in (ODD, ref):
        y = bytearray(g.oh * g.ow * test_tail.words(g.oc))
        inside, t, acc = bytearray(y), array("i", bytes(4 * g.oc)), array("i", bytes(4 * g.oc))
        k.bconv_train(g.p, 1, x, w, t, 5, y, inside, acc)
        e, e2 = array("b", bytes(len(d))), array("b", bytes(len(d)))
        k.requantize(d, g.h * g.w, g.c, 3, 127, x, e)
        k.bpool_back(pool.p, x, top, f, x, e2)
        results.append((y, inside, e, e2))
    assert results[0] == results[1]


def good() -> dict[str, tuple[Any, ...]]:
    """Arguments that each kernel takes."""
    p = array("i", (3, 4, 33, 2, 2, 1, 1, 0, 0, 2, 3, 5, 1, 0, 0))
    q = array("i", (4, 4, 33, 1, 1, 1, 1, 0, 0, 2, 2, 33, 0, 0, 0))
    pool = array("i", (4, 4, 33, 2, 2, 2, 2, 0, 0, 2, 2, 33, 0, 0, 0))
    x, w, t = bytes(192), bytearray(160), array("i", bytes(20))
    e, rule = array("b", bytes(16 * 33)), array("i", (1, 3, 1, 9, 127, 2))
    image, row = bytes(128), array("i", bytes(4 * 132))
    update = (p, 2, x, e[:60], array("b", bytes(660)), w, t, row, rule, array("I", (1,)))
    ints = array("i", bytes(4 * 16 * 33))
    return {
        "bconv_train": (p, 2, x, w, t, 5, bytearray(48), bytearray(48), array("i", bytes(20))),
        "head_back": (array("h", bytes(60)), array("h", (1, -2, 3)), ints[:10], 3, 10, 8, 127),
        "unpool": (q, ints[: 4 * 33], 7, 127, image, e),
        "bconv_back": (p, e[:30], w, ints[: 12 * 33]),
        "requantize": (ints, 16, 33, 4, 127, image, e),
        "bpool_back": (pool, image, image[:32], e[: 4 * 33], image, e),
        "bconv_update": update,
    }


@pytest.mark.parametrize("name", good())
def test_each_buffer_is_measured(name: str) -> None:
    arguments = good()[name]
    getattr(HOST, name)(*arguments)
    for i, argument in enumerate(arguments):
        if isinstance(argument, int):
            continue
        for short in (argument[:-1], argument[:0]):
            with pytest.raises(ValueError, match="size"):
                getattr(HOST, name)(*arguments[:i], short, *arguments[i + 1 :])


@pytest.mark.parametrize(
    "name, place, values",
    [
        ("bconv_train", 1, (0, -1, 65536, 2**31 - 1, -(2**31))),
        ("bconv_train", 5, (-1, 2**28 + 1, 2**31 - 1, -(2**31))),
        ("head_back", 3, (0, -1, 4097)),
        ("head_back", 4, (0, -1, 65536)),
        ("head_back", 5, (-1, 16, 31, 32)),
        ("head_back", 6, (-1, 32768)),
        ("unpool", 2, (-1, 25, 32)),
        ("unpool", 3, (-1, 128)),
        ("requantize", 1, (0, -1, 2**20 + 1)),
        ("requantize", 2, (0, -1, 4097)),
        ("requantize", 3, (-1, 25, 32)),
        ("requantize", 4, (-1, 128)),
        ("bconv_update", 1, (0, -1, 65536, 2**17)),
    ],
)
def test_numbers_are_checked(name: str, place: int, values: tuple[int, ...]) -> None:
    arguments = good()[name]
    for value in values:
        with pytest.raises(ValueError, match="argument"):
            getattr(HOST, name)(*arguments[:place], value, *arguments[place + 1 :])


@pytest.mark.parametrize("name", [name for name, given_ in good().items() if len(given_[0]) == 15])
@pytest.mark.parametrize("field", range(15))
def test_geometry_is_checked(name: str, field: int) -> None:
    for value in (-1, 2**31 - 1, -(2**31)):
        if (field, value) != (13, -1):
            bad = array("i", good()[name][0])
            bad[field] = value
            with pytest.raises(ValueError, match="geometry"):
                getattr(HOST, name)(bad, *good()[name][1:])


@pytest.mark.parametrize(
    "field, values",
    [
        (0, (-1, 3)),
        (1, (-1, 25)),
        (2, (-1, 32768)),
        (3, (-1, 32768)),
        (4, (-1, 128)),
        (5, (-1, 25)),
    ],
)
def test_rules_are_checked(field: int, values: tuple[int, ...]) -> None:
    arguments = good()["bconv_update"]
    for value in values:
        rule = array("i", arguments[8])
        rule[field] = value
        with pytest.raises(ValueError, match="argument"):
            HOST.bconv_update(*arguments[:8], rule, arguments[9])


def test_sums_that_could_overflow_are_refused() -> None:
    p = array("i", (1, 1, 1, 255, 255, 1, 1, 0, 0, 1, 1, 3, 1, 0, 0))
    with pytest.raises(ValueError, match="geometry"):
        HOST.bconv_back(p, bytes(3), bytes(12 * 255 * 255), array("i", (0,)))
    arguments = good()["head_back"]
    with pytest.raises(ValueError, match="argument"):
        HOST.head_back(arguments[0], array("h", (1, 129, 0)), *arguments[2:])


def test_pools_that_overlap_are_refused() -> None:
    p, *rest = good()["bpool_back"]
    for field in (5, 6):
        bad = array("i", p)
        bad[field] = 1
        with pytest.raises(ValueError, match="geometry"):
            HOST.bpool_back(bad, *rest)
