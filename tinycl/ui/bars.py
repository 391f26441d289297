"""Amounts by name as bars, or as one column each where there are many."""

from __future__ import annotations

from collections.abc import Sequence

from tinycl.ui.line import Line
from tinycl.ui.theme import ACCENT, DIM, QUIET, Rgb, pair

__all__ = ["bar", "bars"]

_STEPS = "▁▂▃▄▅▆▇█"
_LABEL = 12


def bar(share: float, width: int, colour: Rgb = ACCENT) -> Line:
    """A thin line of which a share 0..1 is lit."""
    lit = round(min(max(share, 0.0), 1.0) * width)
    return Line(("━" * lit, pair(colour)), ("━" * (width - lit), pair(QUIET)))


def bars(amounts: Sequence[int], names: Sequence[str], width: int, height: int) -> list[Line]:
    """How many of each; names that have none are left out."""
    found = [(names[j], n) for j, n in enumerate(amounts) if n and j < len(names)]
    if not found:
        return [Line(("empty", DIM))]
    most = max(n for _, n in found)
    if len(found) > height:
        columns = "".join(_STEPS[(n * len(_STEPS) - 1) // most] for _, n in found)
        pieces = [columns[i : i + width] for i in range(0, len(columns), width)]
        return [Line((piece, pair(ACCENT))) for piece in pieces] + [
            Line((f"{len(found)} classes, at most {most} each", DIM))
        ]
    label = min(max(len(name) for name, _ in found), width // 3, _LABEL)
    digits = len(str(most))
    room = max(width - label - digits - 2, 1)
    lines = []
    for name, n in found:
        lit = "━" * max(1, round(n / most * room))
        lines.append(Line((f"{name[:label]:>{label}} ", DIM), (lit, pair(ACCENT)), (f" {n}", DIM)))
    return lines
