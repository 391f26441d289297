"""What a run tells whoever watches it: one interface, from the link up to the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tinycl.data.scenario import Experience

__all__ = ["Observer"]


class Observer:
    """Watches a run, or a connection to a board. Each method does nothing until it is overridden.

    Examples
    --------
    >>> class Print(Observer):
    ...     def sample(self, position, label, predicted):
    ...         print(f"sample {position}: class {label}, taken for {predicted}")
    >>> Print().sample(1, 5, 3)
    sample 1: class 5, taken for 3
    """

    def message(self, text: str) -> None:
        """A sentence about the board: it is gone, it is back."""

    def progress(self, title: str, done: int, total: int) -> None:
        """A long step, called `title`, has reached `done` of `total`."""

    def pause(self) -> None:
        """No request is under way: the board may be asked. About once a second of learning."""

    def begin(self, experience: Experience) -> None:
        """An experience begins."""

    def sample(self, position: int, label: int, predicted: int | None) -> None:
        """A sample was learned.

        Parameters
        ----------
        position : int
            Samples of the experience learned so far.
        label : int
            Class of the sample.
        predicted : int or None
            Class that it was given before it was learned; None when that is not known.
        """

    def tested(self, done: int, total: int, truth: int, predicted: int) -> None:
        """A test sample of class `truth` was given class `predicted`, the `done`-th of `total`."""

    def sure(self, confidence: float, known: bool) -> None:
        """How sure, 0..1, the board was of the test sample before, and whether it is known."""

    def end(self, experience: Experience, accuracy: float, per_class: dict[int, float]) -> None:
        """An experience was learned and tested; accuracies are 0..1."""
