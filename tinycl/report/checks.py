"""Checks of values that come out of a JSON file: each returns the value, or says what is wrong.

A check raises DataError with the place in the file, what was expected and what is there.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from tinycl.exceptions import DataError

__all__ = [
    "Check",
    "between",
    "by_class",
    "count",
    "flag",
    "fraction",
    "list_of",
    "mapping",
    "text",
    "token",
]

Check = Callable[[Any, str], Any]

_MOST = 2**63  # far beyond any byte that was ever counted, and still a float


def between(low: float, high: float) -> Check:
    """Return a check for numbers in a range; true, false and NaN are none."""
    expected = f"a number from {low:g}" + (f" to {high:g}" if high < math.inf else "")

    def check_number(value: Any, where: str) -> float:
        """Accept a number of that range."""
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise _wrong(value, where, expected)
        if not low <= value <= high or abs(value) > _MOST:
            raise _wrong(value, where, expected)
        return float(value)

    return check_number


fraction = between(0, 1)


def count(value: Any, where: str) -> int:
    """Accept an integer from 0."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST:
        raise _wrong(value, where, "a whole number from 0")
    return value


def flag(value: Any, where: str) -> bool:
    """Accept true or false."""
    if not isinstance(value, bool):
        raise _wrong(value, where, "true or false")
    return value


def text(value: Any, where: str) -> str:
    """Accept a string."""
    if not isinstance(value, str):
        raise _wrong(value, where, "text")
    return value


def token(value: Any, where: str) -> str:
    """Accept a fingerprint: a string, or an integer, which becomes eight hexadecimal digits."""
    return value if isinstance(value, str) else f"{count(value, where):08x}"


def mapping(value: Any, where: str) -> dict[str, Any]:
    """Accept an object."""
    if not isinstance(value, dict):
        raise _wrong(value, where, "an object")
    return {str(key): item for key, item in value.items()}


def by_class(value: Any, where: str) -> dict[int, float]:
    """Accept an object from class index, written as text, to accuracy."""
    accuracies = {}
    for key, item in mapping(value, where).items():
        if not key.isdecimal() or len(key) > 6:
            raise _wrong(key, where, "class numbers as keys")
        accuracies[int(key)] = fraction(item, f"{where}[{key}]")
    return accuracies


def list_of(check: Check) -> Check:
    """Return a check for lists whose every item passes `check`."""

    def check_list(value: Any, where: str) -> list[Any]:
        if not isinstance(value, (list, tuple)):
            raise _wrong(value, where, "a list")
        return [check(item, f"{where}[{index}]") for index, item in enumerate(value)]

    return check_list


def _wrong(value: Any, where: str, expected: str) -> DataError:
    shown = "a huge number" if isinstance(value, int) and abs(value) > _MOST else repr(value)
    shown = shown if len(shown) <= 40 else f"{shown[:37]}..."
    return DataError(f"summary: {where} is {shown}; expected {expected}")
