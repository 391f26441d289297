"""Compares C kernels of class sums with the reference; run by tests/kernels/test_native.py."""

from __future__ import annotations

from array import array
from typing import Any

import pytest
from hypothesis import settings

settings.register_profile("sanitized", deadline=None, max_examples=100, database=None)
settings.load_profile("sanitized")

from kernels import test_lda  # noqa: E402
from kernels.native.host_kernels import HostLda  # noqa: E402

HOST = HostLda()
test_lda.other.kernels = HOST
from kernels.test_lda import (  # noqa: E402
    test_a_sketch_keeps_the_sum_of_squares,
    test_class_add,
    test_cuts_in_the_middle_of_a_fold,
    test_dots,
    test_factor,
    test_fold,
    test_fold_takes_what_is_empty,
    test_mix,
    test_residual,
)

__all__ = [
    "test_a_sketch_keeps_the_sum_of_squares",
    "test_class_add",
    "test_cuts_in_the_middle_of_a_fold",
    "test_dots",
    "test_factor",
    "test_fold",
    "test_fold_takes_what_is_empty",
    "test_mix",
    "test_residual",
]


def good() -> dict[str, tuple[Any, ...]]:
    """Arguments that each kernel takes, and all of whose buffers it fills."""
    sums, x = array("i", range(60)), array("b", range(20))
    rows, out = array("h", range(60)), array("i", bytes(12))
    return {
        "class_add": (sums, 2, x, 20),
        "residual": (sums, 2, x, array("h", bytes(120)), 2, 20, 5, 3, -77, 9, 4095),
        "dots": (rows, 2, rows, 1, 2, 20, out[:2]),
        "fold": (rows, array("i", (9, 8, 7, 0)), rows[:20], 3, 20),
        "mix": (rows, 2, rows, array("i", (7, -5, 3)), 3, 20, 4, 4, 8191),
        "factor_row": (array("h", [9] * 6), array("i", (20, 20, 30)), array("i", (5, 6)), 2),
        "solve": (array("h", [9] * 6), array("i", (20, 20, 30)), array("i", (5, 6, 7)), 3),
        "solve_back": (array("h", [9] * 6), array("i", (20, 20, 30)), array("i", (5, 6, 7)), 3),
    }


def places(numbers: bool) -> list[tuple[str, int]]:
    return [
        (name, i)
        for name, arguments in good().items()
        for i, argument in enumerate(arguments)
        if isinstance(argument, int) == numbers
    ]


@pytest.mark.parametrize("name, place", places(numbers=False))
def test_each_buffer_is_measured(name: str, place: int) -> None:
    arguments = good()[name]
    getattr(HOST, name)(*arguments)
    for short in (arguments[place][:-1], arguments[place][:0]):
        with pytest.raises(ValueError, match="size"):
            getattr(HOST, name)(*arguments[:place], short, *arguments[place + 1 :])


WRONG = {
    "class_add": {1: (4096,), 3: (0, 4097)},
    "residual": {1: (4096,), 4: (4096,), 5: (0, 4097), 6: (2**23 + 1,), 7: (32,),
                 8: (32769, -32769), 9: (31,), 10: (32768,)},
    "dots": {1: (4096,), 3: (4096,), 4: (4097,), 5: (0, 4097)},
    "fold": {3: (65,), 4: (0, 4097)},
    "mix": {1: (4096,), 4: (4097,), 5: (0, 4097), 6: (32,), 7: (31,), 8: (32768,)},
    "factor_row": {3: (64,)},
    "solve": {3: (65,)},
    "solve_back": {3: (65,)},
}  # fmt: skip


@pytest.mark.parametrize("name, place", places(numbers=True))
def test_numbers_are_checked(name: str, place: int) -> None:
    arguments = good()[name]
    values = (*WRONG[name][place], 2**31 - 1, -(2**31))
    for value in values if (name, place) == ("residual", 8) else (*values, -1):
        with pytest.raises(ValueError, match="argument"):
            getattr(HOST, name)(*arguments[:place], value, *arguments[place + 1 :])


@pytest.mark.parametrize(
    "factors", [(2**17 + 1, 0, 0), (2**16, 0, -(2**16) - 1), (-(2**31), 0, 0)]
)
def test_factors_that_are_too_large_are_refused(factors: tuple[int, ...]) -> None:
    arguments = good()["mix"]
    with pytest.raises(ValueError, match="argument"):
        HOST.mix(*arguments[:3], array("i", factors), *arguments[4:])


@pytest.mark.parametrize("name", ["factor_row", "solve", "solve_back"])
@pytest.mark.parametrize("place, at", [(0, 2), (1, 1), (1, 2)])
def test_what_is_divided_by_is_positive(name: str, place: int, at: int) -> None:
    for value in (0, -1, -32768):
        arguments = good()[name]
        arguments[place][at] = value
        with pytest.raises(ValueError, match="argument"):
            getattr(HOST, name)(*arguments)


def test_what_would_overflow_wraps() -> None:
    """Sums, rows and energies that no head leaves behind do no harm."""
    top, low = array("i", [2**31 - 1] * 20), array("h", [-32768] * 40)
    HOST.class_add(top, 0, array("b", [127] * 20), 20)
    assert top[0] == -(2**31) + 126
    for pre, factor in ((0, 32768), (31, -32768)):
        x, out = array("b", [-128] * 20), array("h", bytes(40))
        HOST.residual(top, 0, x, out, 0, 20, 2**23, pre, factor, 0, 32767)
    HOST.dots(low, 0, low, 1, 1, 20, array("i", (0,)))
    HOST.mix(low[:20], 0, low, array("i", (-(2**16), 2**16)), 2, 20, 31, 0, 32767)
    for energy in (2**31 - 1, -(2**31), 1):
        rows, x = array("h", low), array("h", [32767] * 20)
        HOST.fold(rows, array("i", (energy, energy, 0)), x, 2, 20)
    ends, one = array("i", (2**31 - 1, -(2**31), 2**31 - 1)), array("i", (1, 1, 1))
    factor = array("h", (1, -32768, 1, 32767, -32768, 1))
    HOST.factor_row(array("h", factor), one, ends, 2)
    HOST.solve(factor, one, array("i", ends), 3)
    HOST.solve_back(factor, one, ends, 3)
