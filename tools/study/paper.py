"""What the parts write: a page of Markdown tables, plots beside it, all runs as CSV and JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tinycl.experiment.sweep.tables import csv_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Page", "score", "seeds", "table"]

Group = dict[str, Any]


def score(group: Group) -> str:
    """Final accuracy in percent, mean and standard deviation over seeds: ``92.3 ± 0.5``."""
    return f"{100 * group['final_accuracy_mean']:.1f} ± {100 * group['final_accuracy_std']:.1f}"


def seeds(group: Group) -> str:
    """How many runs a mean is of: ``5 seeds``."""
    n = len(group["runs"])
    return f"{n} seed{'s' * (n != 1)}"


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table; the first column is text, the others are figures."""
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


@dataclass
class Page:
    """One part of the study in the making.

    Attributes
    ----------
    folder : Path
        Where it goes: ``PART.md``, ``PART.csv``, ``PART.json`` and plots.
    part : str
        Its letter.
    title : str
    """

    folder: Path
    part: str
    title: str
    blocks: list[str] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)

    def text(self, words: str) -> None:
        """Add a paragraph or a table."""
        self.blocks.append(words)

    def plot(self, figure: Figure, name: str) -> None:
        """Add a plot."""
        self.folder.mkdir(parents=True, exist_ok=True)
        file = f"{self.part}-{name}.png"
        figure.savefig(self.folder / file, dpi=110)
        self.blocks.append(f"![{self.title}]({file})")

    def runs(self, task: str, groups: Sequence[Group]) -> None:
        """Keep runs for the CSV and JSON."""
        self.groups += [{**g, "settings": {"task": task, **g["settings"]}} for g in groups]

    def write(self) -> Path:
        """Write all; returns the page."""
        self.folder.mkdir(parents=True, exist_ok=True)
        place = self.folder / f"{self.part}.md"
        place.write_text("\n\n".join([f"## {self.title}", *self.blocks]) + "\n")
        if self.groups:
            place.with_suffix(".csv").write_text(csv_text(self.groups))
            place.with_suffix(".json").write_text(json.dumps(self.groups) + "\n")
        return place
