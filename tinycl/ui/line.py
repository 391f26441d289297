"""Lines of text in many styles: rich's segments side by side.

rich's ``Text`` looks for its spans anew in each step, which for images, where every character has
a style of its own, takes ten times as long.
"""

from __future__ import annotations

from collections.abc import Iterable

from rich.segment import Segment
from rich.style import Style

__all__ = ["Line", "beside", "fit"]


class Line:
    """Pieces of text, each plain or with a style: ``Line("86%", (" of all", DIM))``."""

    __slots__ = ("cells", "segments")

    def __init__(self, *parts: str | tuple[str, Style]) -> None:
        self.segments = [
            Segment(part) if isinstance(part, str) else Segment(*part) for part in parts if part
        ]
        self.cells = sum(segment.cell_length for segment in self.segments)

    @property
    def plain(self) -> str:
        """The text alone."""
        return "".join(segment.text for segment in self.segments)

    def __add__(self, other: Line) -> Line:
        found = Line()
        found.segments = self.segments + other.segments
        found.cells = self.cells + other.cells
        return found

    def fit(self, width: int) -> Line:
        """Cut with an ellipsis, or filled with blanks, to a width in cells."""
        if self.cells == width:
            return self
        found, cut = Line(), self.cells > width > 0
        found.segments = Segment.adjust_line_length(self.segments, width - cut)
        if cut:
            style = found.segments[-1].style if found.segments else None
            found.segments.append(Segment("…", style))
        found.cells = width
        return found

    def centred(self, width: int) -> Line:
        """Centred in a width in cells, with blanks on both sides."""
        return (Line(" " * max((width - self.cells) // 2, 0)) + self).fit(width)


def fit(lines: Iterable[Line], width: int, height: int) -> list[Line]:
    """Exactly `height` lines of exactly `width` cells."""
    found = [line.fit(width) for line in list(lines)[:height]]
    return found + [Line(" " * width)] * (height - len(found))


def beside(blocks: Iterable[list[Line]], gap: int) -> list[Line]:
    """Blocks of equally many lines side by side."""
    lines = []
    for row in zip(*blocks, strict=True):
        line = row[0]
        for part in row[1:]:
            line = line + Line(" " * gap) + part
        lines.append(line)
    return lines
