"""A learner on a board, at the other end of a byte stream."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tinycl.data.scenario import Experience
from tinycl.exceptions import LinkError
from tinycl.experiment.experiment import Experiment
from tinycl.link.client import BoardClient
from tinycl.link.session import answer_all, stream_experience
from tinycl.observer import Observer

__all__ = ["StreamedBoard"]


class StreamedBoard:
    """A ``Subject`` of the loop; what is lost on the way is sent again.

    Parameters
    ----------
    client : BoardClient
        A connected board with a model.
    experiment : Experiment
        What it is to learn.

    Attributes
    ----------
    samples, bytes : int
        Samples learned, and bytes that went over the link meanwhile, both ways.
    seconds : float
        Time that learning took.
    confidence : dict or None
        Of the last test: mean confidence, and the share of samples that the board says it knows.
    """

    def __init__(self, client: BoardClient, experiment: Experiment) -> None:
        self._client = client
        self._experiment = experiment
        self.samples = 0
        self.seconds = 0.0
        self.confidence: dict[str, float] | None = None
        self.bytes = 0
        self._busy: float | None = 0.0

    @property
    def link_share(self) -> float | None:
        """Part of the time of learning in which the board waited for the link, 0..1.

        None when it restarted meanwhile: its clock did too.
        """
        if self._busy is None or not self.seconds:
            return None
        return min(max(1 - self._busy / self.seconds, 0.0), 1.0)

    @property
    def next_experience(self) -> int:
        """See ``Subject``."""
        return self._client.retry(self._client.hello).experience

    def learn(self, experience: Experience, observer: Observer) -> None:
        """See ``Subject``."""
        dataset = self._experiment.dataset
        labels = dataset.y_train[experience.indices].tolist()
        counts = self._client.counts
        before, busy = counts.bytes_sent + counts.bytes_received, self._busy_seconds()
        restarts, started = counts.reconnections, time.monotonic()
        for progress in stream_experience(
            self._client,
            experience.number,
            _Images(dataset.x_train, experience.indices),
            labels,
            classes=experience.classes,
            names=self._experiment.names(experience),
        ):
            self.samples += 1
            observer.sample(progress.position, labels[progress.position - 1], progress.predicted)
        self.seconds += time.monotonic() - started
        self.bytes += counts.bytes_sent + counts.bytes_received - before
        worked = self._busy_seconds() - busy
        if self._busy is None or worked < 0 or counts.reconnections > restarts:
            self._busy = None
        else:
            self._busy += worked

    def _busy_seconds(self) -> float:
        """Seconds that the board has worked on requests; 0, and no share, while it is away."""
        try:
            return int(self._client.stats()["busy_ms"]) / 1000
        except LinkError:
            self._busy = None
            return 0.0

    def predict(self, indices: npt.NDArray[np.int64], observer: Observer) -> npt.NDArray[np.int64]:
        """See ``Subject``."""
        dataset, found = self._experiment.dataset, []
        sure, known = [], 0
        for answer in answer_all(self._client, _Images(dataset.x_test, indices)):
            found.append(answer.label)
            sure.append(answer.confidence)
            known += answer.known
            truth = int(dataset.y_test[indices[len(found) - 1]])
            observer.tested(len(found), len(indices), truth, answer.label)
        told = [c for c in sure if c is not None]
        if told:
            self.confidence = {"mean": float(np.mean(told)), "known": known / len(found)}
        return np.array(found, np.int64)

    def fingerprint(self) -> int:
        """See ``Subject``."""
        return int(self._client.retry(self._client.info).state or 0)


class _Images(Sequence[Any]):
    """Some images of an array, in an order, without copying them."""

    def __init__(self, images: npt.NDArray[np.uint8], indices: npt.NDArray[np.int64]) -> None:
        self._images = images
        self._indices = indices

    def __len__(self) -> int:
        return len(self._indices)

    def __getitem__(self, i: Any) -> Any:
        return self._images[self._indices[i]]
