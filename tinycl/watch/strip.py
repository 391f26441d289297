"""The last samples side by side, the newest first, each with what it was taken for."""

from __future__ import annotations

from collections.abc import Iterable

from rich.text import Text

from tinycl.watch.look import DIM, RIGHT, WRONG, fit, pair
from tinycl.watch.picture import picture
from tinycl.watch.state import Seen, State
from tinycl.watch.trace import is_signal, trace

__all__ = ["caption", "drawing", "strip"]

_GAP = 2
_WIDEST_SIGNAL = 30


def strip(state: State, width: int, height: int, colour: bool = True) -> list[Text]:
    """As many samples as find room: drawings of `height` - 1 lines, and a line of captions."""
    rows = height - 1
    if not state.samples:
        return []
    shape = state.samples[-1].image.shape
    wide = _wide(shape, rows, width)
    cards = []
    for seen in list(state.samples)[: -1 - max(width + _GAP, 1) // (wide + _GAP) : -1]:
        lines = fit(_centred(drawing(seen, wide, rows, colour), wide), wide, rows)
        cards.append([*lines, *fit(_centred([caption(state, seen, wide)], wide), wide, 1)])
    return [Text(" " * _GAP).join(card[i] for card in cards) for i in range(height)]


def _wide(shape: tuple[int, ...], rows: int, width: int) -> int:
    if is_signal(shape):
        return min(_WIDEST_SIGNAL, max(4 * rows, 12), width)
    return max(8, min(width, round(2 * rows * shape[1] / shape[0])))


def drawing(seen: Seen, width: int, height: int, colour: bool = True) -> list[Text]:
    """A sample as an image or as traces."""
    if is_signal(seen.image.shape):
        return trace(seen.image, width, height)
    return picture(seen.image, width, height, colour)


def caption(state: State, seen: Seen, width: int) -> Text:
    """``✓ seven``, ``one → seven`` (taken for a one), or ``seven``: not known."""
    label = state.name(seen.label)
    if seen.predicted is None:
        return Text(label[:width], DIM)
    if seen.predicted == seen.label:
        return Text(f"✓ {label}"[:width], pair(RIGHT))
    room = max((width - 3) // 2, 1)
    return Text(f"{state.name(seen.predicted)[:room]} → {label[:room]}", pair(WRONG))


def _centred(lines: Iterable[Text], width: int) -> list[Text]:
    return [Text(" " * ((width - line.cell_len) // 2)).append_text(line) for line in lines]
