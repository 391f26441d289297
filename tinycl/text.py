"""Numbers as people read them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

__all__ = ["amount", "class_label", "percent", "points", "size", "value"]


def percent(fraction: float) -> str:
    r"""Write a fraction as per cent.

    >>> percent(0.9567)
    '95.7\u202f%'
    """
    return f"{100 * fraction:.1f}\u202f%"


def points(fraction: float) -> str:
    r"""Write a difference of two accuracies.

    >>> points(0.7512), points(-0.001) == "\N{MINUS SIGN}0.1 points"
    ('75.1 points', True)
    """
    written = f"{100 * fraction:.1f}".replace("-", "\N{MINUS SIGN}")
    return f"{written} points"


def amount(number: float) -> str:
    """Write a number with thousands apart, and one decimal below 10 unless it is whole.

    >>> amount(1234567), amount(8.25), amount(43.7)
    ('1,234,567', '8.2', '44')
    """
    return f"{number:,.1f}" if number < 10 and number != int(number) else f"{number:,.0f}"


_UNITS = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20}


def size(nbytes: float, unit: str | None = None, digits: int = 1) -> str:
    """Write a number of bytes, in the largest unit of which it has one, or in a given one.

    >>> size(900), size(12_345), size(3 << 20)
    ('900 B', '12.1 KiB', '3.0 MiB')
    >>> size(3 << 20, "KiB", digits=0)
    '3,072 KiB'
    """
    unit = unit or [name for name, one in _UNITS.items() if nbytes >= one or one == 1][-1]
    return f"{nbytes / _UNITS[unit]:,.{0 if unit == 'B' else digits}f} {unit}"


def class_label(classes: Sequence[int], name_of: Callable[[int], str]) -> str:
    r"""Name a few classes in little room.

    >>> class_label([0, 1, 2], str) == "0\N{EN DASH}2"
    True
    >>> class_label([7], str), class_label([1, 3], str)
    ('7', '1, 3')
    """
    names = [name_of(label) for label in classes]
    if len(names) < 2:
        return "".join(names)
    run = list(range(classes[0], classes[0] + len(classes)))
    if list(classes) == run and names == [str(label) for label in run]:
        return f"{names[0]}\N{EN DASH}{names[-1]}"
    written = ", ".join(names)
    return written if len(written) <= 12 else f"{len(names)} classes"


def value(thing: Any) -> str:
    """Write one value of a settings table."""
    if isinstance(thing, bool):
        return "yes" if thing else "no"
    if thing is None:
        return "\N{EN DASH}"
    return thing if isinstance(thing, str) else json.dumps(thing, default=str)
