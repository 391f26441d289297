"""Training progress for people: a rich bar with loss, accuracy and time left."""

from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

__all__ = ["EpochBar"]


class EpochBar(Progress):
    """Context manager; ``console`` None shows nothing."""

    def __init__(self, console: Console | None, epochs: int, done: int) -> None:
        super().__init__(
            TextColumn("training"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[figures]}"),
            TimeRemainingColumn(),
            console=console,
            disable=console is None,
        )
        self._epochs = self.add_task("", total=epochs, completed=done, figures="")

    def show(self, figures: dict[str, Any]) -> None:
        """One epoch more, with its figures."""
        text = (
            f"loss {figures['loss']:.3f}  accuracy {figures['accuracy']:.1%}  "
            f"validation {figures['val_accuracy']:.1%}"
        )
        self.update(self._epochs, advance=1, figures=text)
