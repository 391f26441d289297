"""A confusion matrix as text: shades of green on the diagonal, of orange beside it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from rich.style import Style

from tinycl.ui.line import Line
from tinycl.ui.theme import DIM, QUIET, RIGHT, WRONG, Rgb, pair, shade

__all__ = ["matrix"]

_DARK = Style(color="grey39")
_CELL = 2  # characters
_LABELS = (6, 12)  # characters, least room and most


def matrix(
    counts: npt.NDArray[np.int64],
    names: Sequence[str],
    width: int,
    height: int,
    colour: bool = True,
) -> list[Line]:
    """Confusion of the classes that occur; a list of the worst pairs where cells find no room.

    Parameters
    ----------
    counts : int array (classes, classes)
        Rows are true classes. Shades, or tenths without colour, are shares of a row.
    names : sequence of str
    width, height : int
        Characters.
    """
    found = np.flatnonzero(counts.sum(axis=0) + counts.sum(axis=1))
    if not len(found):
        return [Line(("nothing yet", DIM))]
    shares = counts[np.ix_(found, found)] / np.maximum(counts[found].sum(axis=1), 1)[:, None]
    longest = max(len(names[j]) for j in found)
    label = min(longest, max(width - 1 - len(found) * _CELL, 0), _LABELS[1])
    if len(found) < height and label >= min(longest, _LABELS[0]):
        return _cells(shares, [names[j] for j in found], label, colour)
    if colour and len(found) <= min(2 * height, width):
        return _halves(shares)
    return _worst(shares, [names[j] for j in found], width, height)


def _cells(
    shares: npt.NDArray[np.float64], names: Sequence[str], label: int, colour: bool
) -> list[Line]:
    # Two greys in turn keep the heads apart.
    heads = [(f"{name[:_CELL]:{_CELL}}", _DARK if i % 2 else DIM) for i, name in enumerate(names)]
    lines = [Line(" " * (label + 1), *heads)]
    for i, row in enumerate(shares.tolist()):
        cells = [_cell(share, i == j, colour) for j, share in enumerate(row)]
        lines.append(Line((f"{names[i][:label]:>{label}} ", DIM), *cells))
    return lines


def _cell(share: float, right: bool, colour: bool) -> tuple[str, Style]:
    if colour:
        return " " * _CELL, pair(QUIET, _shade(share, right))
    return f"{min(int(share * 10), 9) if share else '·'!s:>{_CELL}}", Style.null()


def _halves(shares: npt.NDArray[np.float64]) -> list[Line]:
    """Two classes a line, one a column."""
    n = len(shares)
    lines = []
    for i in range(0, n, 2):
        cells = []
        for j in range(n):
            below = _shade(shares[i + 1, j], i + 1 == j) if i + 1 < n else None
            cells.append(("▀", pair(_shade(shares[i, j], i == j), below)))
        lines.append(Line(*cells))
    return lines


def _worst(
    shares: npt.NDArray[np.float64], names: Sequence[str], width: int, height: int
) -> list[Line]:
    beside = shares * (1 - np.eye(len(shares)))
    lines = []
    for at in np.argsort(-beside, axis=None, kind="stable")[:height]:
        i, j = divmod(int(at), len(shares))
        if not beside[i, j]:
            break
        names_ = f"{names[i]} → {names[j]}"[: width - 5]
        lines.append(Line((f"{beside[i, j]:4.0%} ", pair(WRONG)), (names_, DIM)))
    return lines or [Line(("nothing confused", DIM))]


def _shade(share: float, right: bool) -> Rgb:
    # The root shows the few per cent that matter beside the diagonal.
    return shade(RIGHT if right else WRONG, share**0.5 if share else 0.0)
