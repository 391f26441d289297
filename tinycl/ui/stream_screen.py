"""``tinycl stream --watch``: the view in a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import time
from contextlib import suppress

from rich.console import Console
from rich.live import Live as Screen

from tinycl.data.scenario import Experience
from tinycl.exceptions import LinkError
from tinycl.experiment.experiment import Experiment
from tinycl.link.client import BoardClient
from tinycl.observer import Observer
from tinycl.ui import BoardStats, Sample, State, View
from tinycl.ui.stream_view import vitals

__all__ = ["Watching"]

_REFRESH = 0.2  # seconds, at least
_SHARE = 30  # of the time, one part goes to drawing at most
_LINE = 10.0  # seconds between lines where there is no terminal


class Watching(Observer):
    """Shows a stream sample by sample, as a context.

    All is drawn between two samples, in the thread that streams, while the board has others to
    learn; how the board fares is asked about once a second.

    Parameters
    ----------
    console
        Where it is shown.
    experiment
        What is streamed.
    client, board
        Where to, and how that is called.
    """

    def __init__(
        self, console: Console, experiment: Experiment, client: BoardClient, board: str
    ) -> None:
        self.console = console
        self._client = client
        self._dataset = experiment.dataset
        self._experience: Experience | None = None
        self.state = State(f"{experiment.dataset.name} → {board}", experiment.dataset.class_names)
        self._screen = Screen(
            View(self.state), console=console, screen=True, auto_refresh=False, transient=True
        )
        self._lasting: list[str] = []
        self._next = 0.0
        self._polled: tuple[float, int, int] | None = None

    def __enter__(self) -> Watching:
        if self.console.is_terminal:
            self._screen.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._screen.stop()
        for line in self._lasting:
            self.console.print(line, highlight=False, markup=False)

    def begin(self, experience: Experience) -> None:
        """See ``Observer``."""
        self._experience = experience
        self.state.begin(f"learning {self._title(experience)}", len(experience.indices))
        self._polled = None
        with suppress(LinkError):  # the stream will find out, and wait for the board
            self.pause()
        self._draw(force=True)

    def sample(self, position: int, label: int, predicted: int | None) -> None:
        """See ``Observer``."""
        assert self._experience is not None
        image = self._dataset.x_train[self._experience.indices[position - 1]]
        self.state.sample(Sample(image, label, predicted), position, time.monotonic())
        self._draw()

    def tested(self, done: int, total: int, truth: int, predicted: int) -> None:
        """See ``Observer``."""
        if done == 1 and self._experience is not None:
            self.state.begin(f"testing after {self._title(self._experience)}", total)
        self.state.answer(done, truth, predicted)
        self._draw(force=done == 1)

    def sure(self, confidence: float, known: bool) -> None:
        """See ``Observer``."""
        self.state.sure(confidence, known)

    def end(self, experience: Experience, accuracy: float, per_class: dict[int, float]) -> None:
        """See ``Observer``."""
        name = ", ".join(self.state.name(c) for c in experience.classes)
        self.state.tests.append((f"{experience.number} ({name})", accuracy))
        line = f"after {self._title(experience)}: {accuracy:.1%} of {len(per_class)} classes"
        line += f"; {self.state.surety}" if self.state.surety else ""
        self._say(line)
        self._draw(force=True)

    def message(self, text: str) -> None:
        """See ``Observer``."""
        self.state.message = text
        self._polled = None
        self._say(text)
        self._draw(force=True)

    def progress(self, title: str, done: int, total: int) -> None:
        """See ``Observer``."""
        if self.state.heading != title:
            self.state.begin(title, total)
        self.state.done = done
        self._draw()

    def pause(self) -> None:
        """Ask the board how it fares; nothing is in flight."""
        stats, replay = self._client.stats_and_replay()
        counts, now = self._client.counts, time.monotonic()
        busy, bytes_ = int(stats["busy_ms"]), counts.bytes_sent + counts.bytes_received
        share = rate = None
        if self._polled is not None and busy >= self._polled[1]:
            seconds = now - self._polled[0]
            share = min(max(1 - (busy - self._polled[1]) / 1000 / seconds, 0.0), 1.0)
            rate = (bytes_ - self._polled[2]) / seconds
        self._polled = now, busy, bytes_
        before = self.state.stats
        self.state.stats = BoardStats(
            int(stats["heap_free"]),
            before.link_share if share is None else share,
            before.bytes_per_second if rate is None else rate,
            int(stats["saves"]),
            int(stats["save_failures"]),
        )
        self.state.replay = replay

    def _say(self, line: str) -> None:
        """Print a line now, or after the view where there is one."""
        if self._screen.is_started:
            self._lasting.append(line)
        else:
            self.console.print(line, highlight=False, markup=False, soft_wrap=True)

    def _draw(self, force: bool = False) -> None:
        now = time.monotonic()
        if self._screen.is_started:
            if force or now >= self._next:
                self._screen.refresh()
                took = time.monotonic() - now
                self._next = now + took + max(_REFRESH, (_SHARE - 1) * took)
        elif not force and now >= self._next:
            if self._next:  # not at once: what is short shows by its results
                self._line()
            self._next = now + _LINE

    def _line(self) -> None:
        state = self.state
        right = "" if state.running is None else f", {state.running:.0%} right before learning"
        self._say(f"{state.heading}: {state.done} of {state.total}{right}; {vitals(state).plain}")

    def _title(self, experience: Experience) -> str:
        names = [self.state.name(c) for c in experience.classes]
        shown = ", ".join(names[:6]) + (" ..." if len(names) > 6 else "")
        return f"experience {experience.number} ({shown})"
