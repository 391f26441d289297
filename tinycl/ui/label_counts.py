"""What was taught in a sitting, and how often the board had been right before."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["LabelCounts"]


@dataclass
class LabelCounts:
    """Counts of one sitting.

    Attributes
    ----------
    taught : dict of str to int
        Samples of each name.
    predicted, right : int
        Samples for which the board had a prediction before their label, and where it was right.
    accepted, skipped : int
        Labels that were the prediction, by Enter; samples without a label.
    forgotten : list of str
        Names that the board was made to forget.
    """

    taught: dict[str, int] = field(default_factory=dict)
    predicted: int = 0
    right: int = 0
    accepted: int = 0
    skipped: int = 0
    forgotten: list[str] = field(default_factory=list)

    def label(self, name: str, before: str | None, accepted: bool = False) -> None:
        """A sample was taught that had been taken for `before`."""
        self.taught[name] = self.taught.get(name, 0) + 1
        self.predicted += before is not None
        self.right += before == name
        self.accepted += accepted

    def forget(self, name: str) -> None:
        """The board forgot a name, and what was taught of it."""
        self.taught.pop(name, None)
        self.forgotten.append(name)

    def rename(self, before: str, name: str) -> None:
        """A name became another one."""
        if before in self.taught:
            self.taught[name] = self.taught.pop(before)

    @property
    def samples(self) -> int:
        """Samples taught."""
        return sum(self.taught.values())

    @property
    def accuracy(self) -> float | None:
        """Share of the predictions that were right before the label came."""
        return self.right / self.predicted if self.predicted else None

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "samples": self.samples,
            "taught": self.taught,
            "predicted": self.predicted,
            "accuracy_before_labels": self.accuracy,
            "accepted": self.accepted,
            "skipped": self.skipped,
            "forgotten": self.forgotten,
        }
