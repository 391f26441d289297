"""What is known of a stream while it goes on."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["BoardStats", "Sample", "State"]

_LAST = 50  # samples that the running accuracy looks back
_SAMPLES = 24  # that a wide terminal shows
_POINTS = 512  # of the curve; every second one is dropped when there are more
_SPAN = 5.0  # seconds that samples a second look back


@dataclass(frozen=True, eq=False)
class Sample:
    """A sample, uint8 (height, width, channels), its class, and what it was taken for."""

    image: npt.NDArray[np.uint8]
    label: int
    predicted: int | None


@dataclass(frozen=True)
class BoardStats:
    """How the board fares, as of its statistics.

    Attributes
    ----------
    heap_free : int
        Bytes; 0 where the board does not know.
    link_share : float or None
        Part of the last second or so in which the board waited for the link, 0..1.
    bytes_per_second : float or None
        Over the link, both ways.
    saves, save_failures : int
        Since the board started.
    """

    heap_free: int = 0
    link_share: float | None = None
    bytes_per_second: float | None = None
    saves: int = 0
    save_failures: int = 0


@dataclass
class State:
    """A stream as the view shows it; the methods are what happens.

    Attributes
    ----------
    title : str
        Data set and board.
    names : tuple of str
        Class names.
    heading : str
        What goes on now.
    done, total : int
        Of that.
    tests : list of (str, float)
        Accuracies after experiences.
    confusion : int array (classes, classes)
        Rows are true classes: of the test that runs or ran last, before the first one of samples
        before they were learned.
    replay : list of int
        Slots of each class; empty where the board does not tell.
    message : str
        The last sentence about the board.
    """

    title: str
    names: tuple[str, ...]
    heading: str = ""
    done: int = 0
    total: int = 0
    samples: deque[Sample] = field(default_factory=lambda: deque(maxlen=_SAMPLES))
    curve: list[float] = field(default_factory=list)
    tests: list[tuple[str, float]] = field(default_factory=list)
    replay: list[int] = field(default_factory=list)
    stats: BoardStats = field(default_factory=BoardStats)
    message: str = ""
    tested: bool = False
    _recent: deque[bool] = field(default_factory=lambda: deque(maxlen=_LAST))
    _times: deque[float] = field(default_factory=deque)
    _sure: float = 0.0
    _known: int = 0
    _asked: int = 0
    _step: int = 1
    _since: int = 0

    def __post_init__(self) -> None:
        self.confusion: npt.NDArray[np.int64] = self._empty()

    def _empty(self) -> npt.NDArray[np.int64]:
        return np.zeros((len(self.names), len(self.names)), np.int64)

    def begin(self, heading: str, total: int) -> None:
        """Something new goes on."""
        self.heading, self.done, self.total = heading, 0, total
        self._times.clear()

    def sample(self, seen: Sample, position: int, now: float) -> None:
        """A sample was learned, at a time in seconds."""
        self.samples.append(seen)
        self.done = position
        self._times.append(now)
        while now - self._times[0] > _SPAN:
            self._times.popleft()
        if seen.predicted is None:
            return
        self._recent.append(seen.predicted == seen.label)
        if not self.tested:
            self._count(seen.label, seen.predicted)
        self._since += 1
        if self._since >= self._step:
            self._since = 0
            self.curve.append(self.running or 0.0)
            if len(self.curve) > _POINTS:
                self.curve, self._step = self.curve[::2], 2 * self._step

    def answer(self, done: int, truth: int, predicted: int) -> None:
        """A test sample was classified."""
        if done == 1:
            self.confusion, self.tested = self._empty(), True
            self._sure, self._known, self._asked = 0.0, 0, 0
        self.done = done
        self._count(truth, predicted)

    def sure(self, confidence: float, known: bool) -> None:
        """How sure the board was of it; see ``Observer``."""
        self._sure += confidence
        self._known += known
        self._asked += 1

    @property
    def surety(self) -> str:
        """Mean confidence of the test that runs or ran last, and the share of unknown samples.

        Empty where the board tells none.
        """
        if not self._asked:
            return ""
        return f"sure {self._sure / self._asked:.0%}, {1 - self._known / self._asked:.0%} unknown"

    def _count(self, truth: int, predicted: int) -> None:
        if predicted < len(self.names):
            self.confusion[truth, predicted] += 1

    @property
    def running(self) -> float | None:
        """Share of the last samples that were right before they were learned."""
        return sum(self._recent) / len(self._recent) if self._recent else None

    @property
    def looked_back(self) -> int:
        """Samples behind `running`."""
        return len(self._recent)

    @property
    def samples_per_second(self) -> float | None:
        """Of the last seconds."""
        if len(self._times) < 2 or self._times[-1] <= self._times[0]:
            return None
        return (len(self._times) - 1) / (self._times[-1] - self._times[0])

    def name(self, label: int | None) -> str:
        """Name of a class, ``?`` where it is not known."""
        known: Any = label is not None and label < len(self.names)
        return self.names[label] if known and label is not None else "?"
