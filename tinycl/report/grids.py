"""What the two heat maps hold: words and strengths, no markup."""

from __future__ import annotations

from dataclasses import dataclass

from tinycl.report.record import RunRecord
from tinycl.text import percent

__all__ = ["Cell", "Grid", "confusion_cells", "heat_map", "shade"]

_LARGEST_TABLE = 20  # classes; more are drawn without numbers
_LONGEST_FLAT = 4  # letters


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


@dataclass(frozen=True)
class Grid:
    """A heat map with names along both sides; None is a field that does not exist."""

    side: str
    above: str
    columns: list[str]
    rows: list[tuple[str, list[Cell | None]]]

    @property
    def written(self) -> bool:
        """Whether there is room for numbers."""
        return max(len(self.rows), len(self.columns)) <= _LARGEST_TABLE

    @property
    def long(self) -> bool:
        """Whether the names above the columns must stand upright."""
        return max(len(name) for name in self.columns) > _LONGEST_FLAT

    @property
    def side_width(self) -> float:
        """Width of the names of the rows, in letters m."""
        return round(min(10, max(5.5, 2 + 0.58 * max(len(name) for name, _ in self.rows))), 1)


def heat_map(run: RunRecord) -> Grid | None:
    """Return accuracy by class (rows) after each experience (columns)."""
    if not run.per_class_after_experience:
        return None
    columns = run.experience_labels
    labels = sorted({label for entry in run.per_class_after_experience for label in entry})
    rows: list[tuple[str, list[Cell | None]]] = []
    for label in labels:
        cells: list[Cell | None] = []
        for column, accuracies in zip(columns, run.per_class_after_experience, strict=True):
            accuracy = accuracies.get(label)
            title = f"class {run.name_of(label)} after {column}: "
            cells.append(
                None
                if accuracy is None
                else Cell(accuracy, f"{100 * accuracy:.0f}", title + percent(accuracy))
            )
        rows.append((run.name_of(label), cells))
    return Grid("class", "after learning", columns, rows)


def confusion_cells(run: RunRecord) -> Grid | None:
    """Return how often each class (rows) was taken for each other (columns)."""
    if not run.confusion:
        return None
    names = [run.name_of(label) for label in range(len(run.confusion))]
    rows: list[tuple[str, list[Cell | None]]] = []
    for true, counts in enumerate(run.confusion):
        total = sum(counts)
        cells: list[Cell | None] = [
            Cell(
                shade(count, total),
                str(count) if count else "",
                f"{names[true]} taken for {names[predicted]}: {count} of {total}",
                good=true == predicted,
            )
            for predicted, count in enumerate(counts)
        ]
        rows.append((names[true], cells))
    return Grid("true class", "taken for", names, rows)


def shade(count: int, total: int) -> float:
    """Return the strength of a count: its root share, so that few errors still show.

    >>> shade(1, 100), shade(0, 100), shade(0, 0)
    (0.1, 0.0, 0.0)
    """
    return (count / total) ** 0.5 if total else 0.0
