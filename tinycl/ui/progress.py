"""What a run shows while it goes on: a bar for the samples, a line for every experience."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from tinycl.data.scenario import Experience
from tinycl.observer import Observer

__all__ = ["Live"]

_WINDOW = 50
_PAIRS = 12  # classes with their accuracy in a line
_LINE = 10.0  # seconds between lines where there is no terminal


class Live(Observer):
    """Shows a run while it goes on, as a context: a bar in a terminal, elsewhere a line at times.

    Parameters
    ----------
    console
        Where to.
    names
        Class names.
    """

    def __init__(self, console: Console, names: tuple[str, ...] = ()) -> None:
        self.console = console
        self._names = names
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        )
        self._task: TaskID | None = None
        self._recent: list[bool] = []
        self._next = 0.0

    def __enter__(self) -> Live:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def begin(self, experience: Experience) -> None:
        """See ``Observer``."""
        self._recent = []
        title = f"learning {self._title(experience)}"
        self._show(title, len(experience.indices))
        if not self.console.is_terminal:
            self._say(f"{title}: {len(experience.indices)} samples")

    def sample(self, position: int, label: int, predicted: int | None) -> None:
        """See ``Observer``."""
        if predicted is not None:
            self._recent = [*self._recent[-_WINDOW + 1 :], predicted == label]
        note = ""
        if self._recent:
            share = sum(self._recent) / len(self._recent)
            note = f"{share:.0%} of the last {len(self._recent)} right before learning"
        self._update(position, note)

    def tested(self, done: int, total: int, truth: int, predicted: int) -> None:
        """See ``Observer``."""
        if done == 1:
            self._show("testing all classes seen", total)
        self._update(done)

    def end(self, experience: Experience, accuracy: float, per_class: dict[int, float]) -> None:
        """See ``Observer``."""
        title = f"after {self._title(experience)}: {accuracy:.1%} of {len(per_class)} classes"
        self.console.print(title, highlight=False, markup=False)
        pairs = [f"{self._names[c]}\u00a0{a:.0%}" for c, a in per_class.items()]
        more = [f"and\u00a0{len(pairs) - _PAIRS}\u00a0more"] if len(pairs) > _PAIRS else []
        text = Text("  ".join(pairs[:_PAIRS] + more), style="dim")
        for line in text.wrap(self.console, self.console.width - 2):
            line.rstrip()
            self.console.print(Text("  ") + Text(line.plain.replace("\u00a0", " "), style="dim"))

    def message(self, text: str) -> None:
        """See ``Observer``."""
        self.console.print(text, style="yellow", highlight=False, markup=False)

    def progress(self, title: str, done: int, total: int) -> None:
        """See ``Observer``."""
        if self._task is None or self._progress.tasks[-1].description != title:
            self._show(title, total)
        self._update(done)

    def bar(self, title: str) -> Callable[[int, int], None]:
        """``progress`` with this title: a function of (done, total)."""
        return partial(self.progress, title)

    def _show(self, title: str, total: int) -> None:
        for task in self._progress.task_ids:
            self._progress.remove_task(task)
        self._task = self._progress.add_task(title, total=total, note="")
        self._next = time.monotonic() + _LINE

    def _update(self, done: int, note: str = "") -> None:
        if self._task is None:
            return
        self._progress.update(self._task, completed=done, note=note)
        if self.console.is_terminal or time.monotonic() < self._next:
            return
        task = self._progress.tasks[-1]
        line = f"{task.description}: {done} of {task.total:.0f}" + (f"; {note}" if note else "")
        self._say(line)
        self._next = time.monotonic() + _LINE

    def _say(self, line: str) -> None:
        self.console.print(line, highlight=False, markup=False, soft_wrap=True)

    def _title(self, experience: Experience) -> str:
        names = [self._names[c] for c in experience.classes]
        shown = ", ".join(names[:6]) + (" ..." if len(names) > 6 else "")
        return f"experience {experience.number} ({shown})"
