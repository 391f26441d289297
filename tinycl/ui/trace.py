"""Signals as lines of braille dots: two columns and four rows of dots a character."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from rich.style import Style

from tinycl.ui.line import Line
from tinycl.ui.theme import TRACES, pair

__all__ = ["curve", "is_signal", "trace"]

_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # bit of the dot at (row, column)
_LEAST_SPAN = 32  # of 256: a sensor at rest shows as rest


def is_signal(shape: tuple[int, ...]) -> bool:
    """Whether samples of a shape (height, width, channels) are windows of a signal."""
    return min(shape[:2]) == 1


def trace(window: npt.NDArray[np.uint8], width: int, height: int) -> list[Line]:
    """The channels of a window, one below the other; what finds no room is left out.

    All have one scale, each has its own middle: gravity moves a channel, not its neighbours.

    Parameters
    ----------
    window : uint8 array (length, 1, channels), or (1, length, channels)
    """
    signal = window.reshape(-1, window.shape[2]).astype(float)
    top, bottom = signal.max(axis=0), signal.min(axis=0)
    middle, span = (top + bottom) / 2, max((top - bottom).max(), _LEAST_SPAN)
    shown = min(signal.shape[1], height)
    lines: list[Line] = []
    for channel in range(shown):
        rows = height // shown
        style = pair(TRACES[channel % len(TRACES)])
        levels = (signal[:, channel] - middle[channel]) / span + 0.5
        lines += curve(levels.tolist(), width, rows, style)
    return lines


def curve(levels: Sequence[float], width: int, height: int, style: Style) -> list[Line]:
    """A line through levels 0..1, the whole width; a blank field where there are none.

    Where there are more levels than dots, the line covers all that fall on a dot's column.
    """
    columns, rows = 2 * width, 4 * height
    cells = np.zeros((height, width), int)
    heights = [min(max(round((1 - v) * (rows - 1)), 0), rows - 1) for v in levels]
    before: int | None = None
    for x in range(columns if heights else 0):
        low = x * len(heights) // columns
        part = heights[low : max(low + 1, (x + 1) * len(heights) // columns)]
        part = part if before is None else [*part, before]
        before = heights[max(low, (x + 1) * len(heights) // columns - 1)]
        for y in range(min(part), max(part) + 1):
            cells[y // 4, x // 2] |= _DOTS[y % 4][x % 2]
    return [Line(("".join(chr(0x2800 + dots) for dots in row), style)) for row in cells.tolist()]
