"""What ``tinycl label`` shows: the sample, the board's prediction, the keys."""

from __future__ import annotations

from dataclasses import dataclass, field

from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.style import Style

from tinycl.data.capture import Frame
from tinycl.link.messages import Answer
from tinycl.ui.keys import Keys
from tinycl.ui.label_counts import LabelCounts
from tinycl.ui.line import Line, beside, fit
from tinycl.ui.samples import drawing
from tinycl.ui.sound import sound
from tinycl.ui.theme import ACCENT, DIM, RIGHT, WRONG, pair

__all__ = ["Screen", "screen"]

_BOLD = Style(bold=True)
_MARGIN, _GAP = 1, 3
_FIXED = 6  # lines besides sample and keys
_SIDE = 26  # characters for the keys
_SOUND_HELP = "Enter ok · space skip · p hear · n new · r rename · f forget · s save · q end"
_HELP = "Enter accept · space skip · n new name · r rename · f forget · s save · q end"


@dataclass
class Screen:
    """A rich renderable: what is known while someone labels.

    Attributes
    ----------
    title : str
        Board and model.
    names : list of str
        Of all classes, "" where one is free.
    shot : Frame, optional
    predicted : int, optional
    answer : Answer, optional
        The board's, with its confidence.
    typed : str, optional
        The part of a new name that was typed; None while none is.
    message : str
        About the last key, or the board.
    """

    title: str
    names: list[str]
    counts: LabelCounts = field(default_factory=LabelCounts)
    shot: Frame | None = None
    predicted: int | None = None
    answer: Answer | None = None
    typed: str | None = None
    message: str = ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        colour = console.color_system is not None and not console.no_color
        height = options.height or console.height
        for line in screen(self, options.max_width, height, colour):
            yield from line.segments
            yield Segment.line()


def screen(state: Screen, width: int, height: int, colour: bool = True) -> list[Line]:
    """`height` lines of `width` characters."""
    inner = width - 2 * _MARGIN
    room = max(height - _FIXED, 1)
    side = min(_SIDE, inner // 2)
    wide = inner - side - _GAP
    drawn = _drawn(state.shot, wide, room, colour) if state.shot else []
    left = max((line.cells for line in drawn), default=0)
    names = fit(_names(state, side, room), inner - left - _GAP, room)
    body = beside((fit(drawn, left, room), names), _GAP)
    where = state.shot.title if state.shot else ""
    keys = _SOUND_HELP if state.shot and state.shot.sound is not None else _HELP
    lines = [
        Line(("tinycl label", _BOLD), (f"  {state.title}", DIM), (f"  {where}", DIM)),
        Line(),
        *body,
        Line(),
        Line((state.message, DIM)),
        _before(state),
        Line((keys, DIM)) if state.typed is None else _typing(state.typed),
    ]
    return [Line(" " * _MARGIN) + line + Line(" " * _MARGIN) for line in fit(lines, inner, height)]


def _drawn(shot: Frame, width: int, height: int, colour: bool) -> list[Line]:
    if shot.sound is not None:
        return sound(shot.sound, shot.pixels, width, height, colour)
    return drawing(shot.pixels, width, height, colour)


def _names(state: Screen, width: int, height: int) -> list[Line]:
    """The prediction, then each class with its key and how often it was taught."""
    if state.predicted is None:
        lines = [Line(("no prediction yet", DIM))]
    else:
        lines = [_prediction(state.names[state.predicted], state.answer)]
    lines.append(Line())
    keys = Keys(state.names)
    for label, name in enumerate(state.names):
        if name:
            count = state.counts.taught.get(name, 0)
            style = pair(RIGHT) if label == state.predicted else Style()
            lines.append(
                Line(
                    (f"{keys.of(label):1} ", pair(ACCENT) + _BOLD),
                    (f"{name[: width - 8]:{max(width - 8, 1)}}", style),
                    (f" {count or '':>4}", DIM),
                )
            )
    if len(lines) == 2:
        lines.append(Line(("n gives a first name", DIM)))
    return lines[:height]


def _prediction(name: str, answer: Answer | None) -> Line:
    """Name and confidence; a sample that is of no class taught so far says so first."""
    if answer and not answer.known:
        return Line(("unknown", pair(WRONG) + _BOLD), (f"  {name} ?", DIM))
    sure = f"  {answer.confidence:.0%}" if answer and answer.confidence is not None else ""
    return Line((f"{name} ?", pair(RIGHT) + _BOLD), (sure, DIM))


def _before(state: Screen) -> Line:
    counts = state.counts
    text = f"{counts.samples} taught"
    if counts.accuracy is not None:
        text += f", {counts.accuracy:.0%} right before the label"
    return Line(text + (f", {counts.skipped} skipped" if counts.skipped else ""))


def _typing(typed: str) -> Line:
    return Line(("new name: ", pair(ACCENT)), f"{typed}▏", ("  Enter, or Esc", DIM))
