"""Where things go in the drawings; how they look is the templates' matter.

Every drawing comes in two widths, since an SVG that is merely shrunk to a phone has letters that
nobody can read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tinycl.report.record import RunRecord
from tinycl.report.words import class_label, percent

__all__ = ["Cell", "LineChart", "Series", "line_charts", "shade"]

_LABEL_GAP = 32.0  # pixels between the labels at the right end of two lines, two rows each
_LETTER = 7.0  # width of a letter of an axis label, in pixels


@dataclass(frozen=True)
class Series:
    """One line: its points (x, y, what a pointer resting there is told)."""

    name: str
    style: str
    points: list[tuple[float, float, str]]
    label_y: float
    label: str

    @property
    def path(self) -> str:
        """The points as SVG writes them."""
        return " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in self.points)


@dataclass(frozen=True)
class LineChart:
    """Accuracy after each experience, in pixels of a view box."""

    style: str
    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float
    y_ticks: list[tuple[float, str]]
    x_ticks: list[tuple[float, str]]
    x_title: str
    series: list[Series]

    @property
    def crowded(self) -> bool:
        """Whether dots would hide the line."""
        return len(self.series[0].points) > 20

    @property
    def area(self) -> str:
        """Outline of what lies between the first two lines, or nothing."""
        if len(self.series) < 2:
            return ""
        ahead, behind = (one.points for one in self.series[:2])
        return " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in [*ahead, *reversed(behind)])


@dataclass(frozen=True)
class Cell:
    """One field of a heat map: how strong (0..1), what is written in it, what it tells."""

    strength: float
    text: str
    title: str
    good: bool = True

    @property
    def tone(self) -> str:
        """Which ink is readable on it."""
        return "strong" if self.strength >= 0.8 else "middle" if self.strength >= 0.5 else "weak"


def line_charts(run: RunRecord) -> list[LineChart]:
    """Return the same chart for a desk and for a phone."""
    return [
        _line_chart(run, "wide", 760, 320, left=52, right=650),
        _line_chart(run, "narrow", 360, 280, left=44, right=258),
    ]


def shade(count: int, total: int) -> float:
    """Return the strength of a count: its root share, so that few errors still show.

    >>> shade(1, 100), shade(0, 100), shade(0, 0)
    (0.1, 0.0, 0.0)
    """
    return (count / total) ** 0.5 if total else 0.0


def _line_chart(
    run: RunRecord, style: str, width: float, height: float, left: float, right: float
) -> LineChart:
    top, bottom = 14.0, height - 46
    labels = _experience_labels(run)
    steps = max(1, len(labels) - 1)
    xs = [left + 8 + (right - left - 8) * place / steps for place in range(len(labels))]
    if len(labels) == 1:
        xs = [(left + right) / 2]

    def y_of(accuracy: float) -> float:
        return bottom - (bottom - top) * accuracy

    lines = [("on the board", "board", run.accuracy_after_experience)]
    if run.naive_accuracy_after_experience:
        lines.append(("naive", "naive", run.naive_accuracy_after_experience))
    ends = _apart([min(y_of(accuracies[-1]), bottom - _LABEL_GAP) for _, _, accuracies in lines])
    series = [
        Series(
            name,
            line_style,
            [
                (x, y_of(accuracy), f"{name}, after {label}: {percent(accuracy)}")
                for x, accuracy, label in zip(xs, accuracies, labels, strict=True)
            ],
            end,
            percent(accuracies[-1]),
        )
        for (name, line_style, accuracies), end in zip(lines, ends, strict=True)
    ]
    every = _every(labels, xs)
    ticks = [
        (x, label)
        for place, (x, label) in enumerate(zip(xs, labels, strict=True))
        if (len(labels) - 1 - place) % every == 0
    ]
    y_ticks = [(y_of(tenth / 4), f"{25 * tenth}") for tenth in range(5)]
    title = "classes of the experience" if run.experiences else "experience"
    return LineChart(style, width, height, left, right, top, bottom, y_ticks, ticks, title, series)


def _experience_labels(run: RunRecord) -> list[str]:
    if not run.experiences:
        return [str(number) for number in range(len(run.accuracy_after_experience))]
    return [class_label(entry.classes, run.name_of) for entry in run.experiences]


def _every(labels: Sequence[str], xs: Sequence[float]) -> int:
    """Return how many labels to go on from one that is written to the next."""
    if len(xs) < 2:
        return 1
    room, need = xs[1] - xs[0], _LETTER * max(len(label) for label in labels) + 8
    return max(1, -int(-need // room))


def _apart(ys: list[float]) -> list[float]:
    """Move two labels apart that would cover one another."""
    if len(ys) < 2 or abs(ys[0] - ys[1]) >= _LABEL_GAP:
        return ys
    middle, sign = sum(ys) / 2, 1 if ys[0] > ys[1] else -1
    return [middle + sign * _LABEL_GAP / 2, middle - sign * _LABEL_GAP / 2]
