"""Tables that a narrow terminal shows whole: words wrap, numbers do not."""

from __future__ import annotations

from copy import copy

from rich import table
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement

__all__ = ["Table"]

_ROOMY = 10_000


class Table(table.Table):
    """A table whose optional columns are left out where the terminal has no room for them.

    >>> from rich.console import Console
    >>> fruit = Table()
    >>> fruit.words("name")
    >>> fruit.numbers("grams")
    >>> fruit.numbers("calories", optional=True)
    >>> fruit.add_row("red apple", "180", "94")
    >>> Console(width=19).print(fruit)  # the name wraps, the number that matters stays whole
    ┏━━━━━━━━━┳━━━━━━━┓
    ┃ name    ┃ grams ┃
    ┡━━━━━━━━━╇━━━━━━━┩
    │ red     │   180 │
    │ apple   │       │
    └─────────┴───────┘
    """

    def __init__(
        self,
        title: str | None = None,
        show_header: bool = True,
        box: table.box.Box | None = table.box.HEAVY_HEAD,
    ) -> None:
        super().__init__(title=title, title_justify="left", show_header=show_header, box=box)
        self._optional: list[int] = []

    def words(self, *headings: str, whole: bool = False) -> None:
        """Add columns of text, which wraps unless it is a name to be copied (``whole``)."""
        for heading in headings:
            self.add_column(heading, no_wrap=whole, overflow="fold")

    def numbers(self, *headings: str, optional: bool = False) -> None:
        """Add columns of numbers; of the optional ones the last is left out first."""
        for heading in headings:
            if optional:
                self._optional.append(len(self.columns))
            self.add_column(heading, justify="right", no_wrap=True, overflow="fold")

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw what fits."""
        shown, wide = copy(self), options.update_width(_ROOMY)
        shown.columns = [copy(column) for column in self.columns]
        optional = [shown.columns[number] for number in self._optional]
        for column in shown.columns:
            if column.no_wrap:  # rich only keeps these whole while others can give way
                cells = [column.header, *column.cells]
                column.min_width = max(console.measure(c, options=wide).maximum for c in cells)
        for left_out in [None, *reversed(optional)]:
            shown.columns = [column for column in shown.columns if column is not left_out]
            size = Measurement.get(console, wide, shown)
            if size.minimum <= options.max_width:
                _share(shown.columns, size.maximum - options.max_width, console, wide)
                break
        else:  # too narrow for any of it: break numbers rather than lose digits
            for column in shown.columns:
                column.no_wrap, column.min_width = False, None
        yield from table.Table.__rich_console__(shown, console, options)


def _share(
    columns: list[table.Column], excess: int, console: Console, wide: ConsoleOptions
) -> None:
    """Make columns of words narrower by ``excess`` in all, none narrower than its longest word.

    rich takes from the widest column first, and breaks its words where others have room.
    """
    columns = [column for column in columns if not column.no_wrap]
    sizes = [
        [console.measure(cell, options=wide) for cell in (column.header, *column.cells)]
        for column in columns
    ]
    least = [max(size.minimum for size in column) for column in sizes]
    most = [max(size.maximum for size in column) for column in sizes]
    spare = sum(most) - sum(least)
    if 0 < excess <= spare:
        for column, low, high in zip(columns, least, most, strict=True):
            column.width = high - -(-excess * (high - low) // spare)
