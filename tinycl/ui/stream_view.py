"""The whole view, for a terminal of any size."""

from __future__ import annotations

from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.style import Style

from tinycl.text import size
from tinycl.ui.bars import bar, bars
from tinycl.ui.confusion import matrix
from tinycl.ui.line import Line, beside, fit
from tinycl.ui.samples import caption, strips
from tinycl.ui.stream_state import State
from tinycl.ui.theme import ACCENT, DIM, RIGHT, pair
from tinycl.ui.trace import curve

__all__ = ["View", "view", "vitals"]

_BOLD = Style(bold=True)
_MARGIN, _GAP = 1, 3
_LEAST = (56, 18)  # characters and lines; smaller terminals get the main lines alone
_FIXED = 5  # lines besides strip and panels: title, bar, message, blank, vitals
_PANELS = (11, 16)  # lines, fewest and most


class View:
    """A rich renderable that fills whatever room it is given."""

    def __init__(self, state: State) -> None:
        self.state = state

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        colour = console.color_system is not None and not console.no_color
        height = options.height or console.height
        for line in view(self.state, options.max_width, height, colour):
            yield from line.segments
            yield Segment.line()


def view(state: State, width: int, height: int, colour: bool = True) -> list[Line]:
    """`height` lines of `width` characters."""
    inner = width - 2 * _MARGIN
    if width < _LEAST[0] or height < _LEAST[1]:
        lines = _small(state, inner)
    else:
        panels = min(max(_PANELS[0], (height - _FIXED) // 2), _PANELS[1])
        drawn = height - _FIXED - panels
        lines = [
            _title(state, inner),
            _progress(state, inner),
            Line((state.message, DIM)),
            *fit(strips(state, inner, drawn, colour), inner, drawn),
            Line(),
            *_panels(state, inner, panels, colour),
            vitals(state),
        ]
    return [Line(" " * _MARGIN) + line + Line(" " * _MARGIN) for line in fit(lines, inner, height)]


def _small(state: State, width: int) -> list[Line]:
    lines = [_title(state, width), _progress(state, width), _running(state), vitals(state)]
    if state.samples:
        lines.insert(3, caption(state, state.samples[-1], width))
    if state.message:
        lines.append(Line((state.message, DIM)))
    return lines


def _title(state: State, width: int) -> Line:
    left = Line(("tinycl", _BOLD), (f"  {state.title}", DIM))
    right = Line(state.heading)
    right = right.fit(min(right.cells, max(width - 10, 1)))
    return left.fit(max(width - right.cells - 2, 1)) + Line("  ") + right


def _progress(state: State, width: int) -> Line:
    count = f" {state.done:,} of {state.total:,}"
    return bar(state.done / max(state.total, 1), max(width - len(count), 1)) + Line((count, DIM))


def _running(state: State) -> Line:
    if state.running is None:
        return Line(("no sample yet", DIM))
    return Line(
        (f"{state.running:.0%}", pair(RIGHT) + _BOLD), (f" of the last {state.looked_back}", DIM)
    )


def _panels(state: State, width: int, height: int, colour: bool) -> list[Line]:
    """Accuracy, confusion and replay memory side by side, a title above each."""
    third = (width - 2 * _GAP) // 3
    first = width - 2 * (third + _GAP)
    of = "last test" if state.tested else "so far"
    slots = sum(state.replay)
    blocks = [
        ("right before learning", _accuracy(state, first, height - 1), first),
        (
            f"confusion, {of}",
            matrix(state.confusion, state.names, third, height - 1, colour),
            third,
        ),
        (
            f"replay memory, {slots}" if slots else "replay memory",
            bars(state.replay, state.names, third, height - 1),
            third,
        ),
    ]
    return beside((fit([Line((t, DIM)), *lines], w, height) for t, lines, w in blocks), _GAP)


def _accuracy(state: State, width: int, height: int) -> list[Line]:
    """The running accuracy as a number and a curve, then that of the last tests."""
    tests = state.tests[-max((height - 1) // 2, 1) :]
    rows = height - 2 - (len(tests) + 1 if tests else 0)
    lines = [_running(state), *curve(state.curve, width, rows, pair(ACCENT))]
    if tests:
        lines.append(Line((state.surety or "tested on all so far", DIM)))
    for name, accuracy in tests:
        lit = bar(accuracy, max(width // 3, 4), RIGHT)
        lines.append(Line(f"{accuracy:6.1%} ") + lit + Line((f" {name}", DIM)))
    return lines


def vitals(state: State) -> Line:
    """Heap, speed, link and saves in one line; what is not known is left out."""
    v, words = state.stats, []
    rate = state.samples_per_second
    if rate is not None:
        words.append(f"{rate:.3g} samples/s" if rate < 10 else f"{rate:.0f} samples/s")
    if v.heap_free:
        words.append(f"{size(v.heap_free, 'KiB')} heap free")
    if v.link_share is not None:
        words.append(f"link {v.link_share:.0%}")
    if v.bytes_per_second is not None:
        words.append(f"{size(v.bytes_per_second, 'KiB')}/s")
    failed = f", {v.save_failures} failed" if v.save_failures else ""
    words.append(f"{v.saves} save{'s' * (v.saves != 1)}{failed}")
    return Line((" · ".join(words), DIM))
