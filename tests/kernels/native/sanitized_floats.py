"""Compares real-valued C kernels with the reference; run by tests/kernels/test_native.py."""

from __future__ import annotations

import ctypes
from array import array
from typing import Any

import numpy as np
import pytest
from hypothesis import settings

settings.register_profile("sanitized", deadline=None, max_examples=40, database=None)
settings.load_profile("sanitized")

from kernels import test_floats  # noqa: E402
from kernels.native.host_kernels import HostFloats  # noqa: E402

HOST = HostFloats()
test_floats.other.kernels, test_floats.other.exact = HOST, True
from kernels.test_floats import (  # noqa: E402
    floats,
    test_bconv,
    test_combine_and_scale,
    test_conv,
    test_depthwise,
    test_pixels_and_padding,
    test_pooling,
    test_signs,
    test_softmax,
)

__all__ = [
    "test_bconv",
    "test_combine_and_scale",
    "test_conv",
    "test_depthwise",
    "test_pixels_and_padding",
    "test_pooling",
    "test_signs",
    "test_softmax",
]

WINDOW = array("i", (3, 4, 2, 2, 3, 1, 1, 1, 1, 3, 4, 4, 0, 0, 1))
POOL = array("i", (3, 4, 2, 2, 3, 1, 1, 1, 1, 3, 4, 2, 0, 0, 0))
IMAGE = array("i", (3, 4, 2, 1, 1, 1, 1, 0, 0, 3, 4, 2, 1, 0, 2))
FRAME = array("i", (3, 4, 2, 1, 1, 1, 1, 2, 3, 6, 9, 2, 0, 0, 0))
BINARY = array("i", (3, 4, 33, 2, 3, 1, 1, 1, 1, 3, 4, 4, 2, 0, 1))
PLACES = array("f", (15, 15, 19, 0, 4, 0, 4))  # of rows and columns; 15: behind them
X, Z = floats(1, 24), floats(2, 24)
CALLS: dict[str, tuple[Any, ...]] = {
    "bconv": (
        *(BINARY, bytes(96), bytes(4 * 6 * 8)),
        floats(3, 8) + PLACES + floats(4, 12),
        *(floats(5, 48), array("i", bytes(16))),
    ),
    "combine": (IMAGE, X, Z, floats(3, 24)),
    "sign": (IMAGE, X, bytearray(48)),
    "unsign": (IMAGE, bytes(48), floats(3, 24)),
    "pixels": (IMAGE, bytes(24), floats(3, 24)),
    "conv": (WINDOW, X, floats(4, 48), floats(5, 4), floats(6, 48)),
    "depthwise": (WINDOW, X, floats(4, 24), floats(5, 4), floats(6, 48)),
    "scale": (IMAGE, X, floats(4, 2), floats(3, 24)),
    "max_pool": (POOL, X, floats(3, 24)),
    "mean_pool": (POOL, X, floats(3, 24)),
    "pad": (FRAME, X, floats(3, 108)),
    "softmax": (IMAGE, X, floats(3, 24)),
}


@pytest.mark.parametrize("name", CALLS)
def test_each_buffer_is_measured(name: str) -> None:
    good = CALLS[name]
    getattr(HOST, name)(*good)
    for i, argument in enumerate(good):
        for short in (argument[:-1], argument[:0]):
            if (name, i, len(short)) == ("scale", 2, 1):
                continue  # one constant for all channels
            with pytest.raises(ValueError, match="size"):
                getattr(HOST, name)(*good[:i], short, *good[i + 1 :])


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("field", range(15))
def test_geometry_is_checked(name: str, field: int) -> None:
    for value in (-1, 2**31 - 1, -(2**31)):
        if field == 13 and value == -1:
            continue
        bad = array("i", CALLS[name][0])
        bad[field] = value
        with pytest.raises(ValueError, match="geometry"):
            getattr(HOST, name)(bad, *CALLS[name][1:])


@pytest.mark.parametrize(
    "name, field, value",
    [
        ("bconv", 12, 0),  # zeros outside the image are no bits
        ("bconv", 14, 4),
        ("conv", 14, 4),
        ("combine", 14, 4),
        ("conv", 5, 3),  # the last window lies outside the image
        ("mean_pool", 6, 3),
        ("max_pool", 11, 1),
        ("depthwise", 11, 3),
        ("pad", 7, 4),
        ("pad", 8, 6),
    ],
)
def test_what_no_model_holds_is_refused(name: str, field: int, value: int) -> None:
    bad = array("i", CALLS[name][0])
    bad[field] = value
    with pytest.raises(ValueError, match="geometry"):
        getattr(HOST, name)(bad, *CALLS[name][1:])


def test_corrections_stay_inside_the_table() -> None:
    good = CALLS["bconv"]
    for place, value in ((0, -1), (1, 20), (2, 19.5), (3, float("nan")), (6, 5), (4, 2.0**24)):
        bad = array("f", good[3])
        bad[8 + place] = value
        with pytest.raises(ValueError, match=r"size|geometry"):
            HOST.bconv(*good[:3], bad, *good[4:])


def test_division_is_rounded_like_a_division() -> None:
    """What armv6m divides with; numerators of any kind, denominators of at least 1."""
    divide = HOST.library.tc_divide_floats
    divide.restype, divide.argtypes = ctypes.c_float, [ctypes.c_float] * 2
    rng = np.random.default_rng(1)
    a = rng.integers(0, 2**32, 40000, np.uint32).view(np.float32)
    a[:20000] = (rng.integers(0, 2**25, 20000) * 2.0**-149).astype(np.float32)  # next to nothing
    b = np.exp2(rng.random(40000) * 17).astype(np.float32)
    b[::3] = np.floor(b[::3])
    special = np.array([0, -0.0, np.inf, -np.inf, np.nan, 1e-45, 3.4e38], np.float32)
    a, b = np.append(a, special), np.append(b, [3, 3, 3, 3, 3, 3, 1]).astype(np.float32)
    found = np.array([divide(float(u), float(v)) for u, v in zip(a, b, strict=True)], np.float32)
    with np.errstate(all="ignore"):
        wanted = a / b
    same = (found.view(np.uint32) == wanted.view(np.uint32)) | (np.isnan(found) & np.isnan(wanted))
    assert same.all(), (a[~same][:3], b[~same][:3])
