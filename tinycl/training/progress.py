"""Training progress for people: a rich bar with loss, accuracy and time left."""

from types import TracebackType
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

__all__ = ["EpochBar"]


class EpochBar:
    """Context manager; ``console`` None shows nothing."""

    def __init__(self, console: Console | None, epochs: int, done: int) -> None:
        self._progress = Progress(
            TextColumn("training"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[figures]}"),
            TimeRemainingColumn(),
            console=console,
            disable=console is None,
        )
        self._task = self._progress.add_task("", total=epochs, completed=done, figures="")

    def __enter__(self) -> "EpochBar":
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def show(self, figures: dict[str, Any]) -> None:
        """One epoch more, with its figures."""
        text = (
            f"loss {figures['loss']:.3f}  accuracy {figures['accuracy']:.1%}  "
            f"validation {figures['val_accuracy']:.1%}"
        )
        self._progress.update(self._task, advance=1, figures=text)
