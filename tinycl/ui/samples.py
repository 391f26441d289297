"""The last samples side by side, the newest first, each with what it was taken for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tinycl.ui.line import Line, beside, fit
from tinycl.ui.picture import picture
from tinycl.ui.stream_state import Sample, State
from tinycl.ui.theme import DIM, RIGHT, WRONG, pair
from tinycl.ui.trace import is_signal, trace

__all__ = ["caption", "drawing", "strips"]

_GAP = 2
_WIDEST_SIGNAL = 24


def strips(state: State, width: int, height: int, colour: bool = True) -> list[Line]:
    """As many samples as find room, about five side by side: drawings with a line of caption."""
    samples = list(state.samples)[::-1]
    if not samples:
        return []
    shape = samples[0].image.shape
    rows = (width - 4 * _GAP) // 5 * shape[0] / shape[1] / 2
    count = 1 if is_signal(shape) else max(1, round(height / (rows + 1)))
    lines: list[Line] = []
    for _ in range(count):
        wide = _wide(shape, height // count - 1, width)
        fitting = (width + _GAP) // (wide + _GAP)
        lines += _strip(state, samples[:fitting], wide, height // count, colour)
        samples = samples[fitting:]
    return lines


def _strip(
    state: State, samples: Sequence[Sample], wide: int, height: int, colour: bool
) -> list[Line]:
    cards = []
    for seen in samples:
        drawn = drawing(seen.image, wide, height - 1, colour)
        lines = fit((line.centred(wide) for line in drawn), wide, height - 1)
        cards.append([*lines, caption(state, seen, wide).centred(wide)])
    return beside(cards, _GAP)


def _wide(shape: tuple[int, ...], rows: int, width: int) -> int:
    if is_signal(shape):
        return min(_WIDEST_SIGNAL, max(4 * rows, 12), width)
    return max(8, min(width, round(2 * rows * shape[1] / shape[0])))


def drawing(
    image: npt.NDArray[np.uint8], width: int, height: int, colour: bool = True
) -> list[Line]:
    """A sample as an image or as traces."""
    if is_signal(image.shape):
        return trace(image, width, height)
    return picture(image, width, height, colour)


def caption(state: State, seen: Sample, width: int) -> Line:
    """``✓ seven``, ``one → seven`` (taken for a one), or ``seven``: not known."""
    label = state.name(seen.label)
    if seen.predicted is None:
        return Line((label[:width], DIM))
    if seen.predicted == seen.label:
        return Line((f"✓ {label}"[:width], pair(RIGHT)))
    room = max((width - 3) // 2, 1)
    return Line((f"{state.name(seen.predicted)[:room]} → {label[:room]}", pair(WRONG)))
