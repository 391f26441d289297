"""A learner on a board, at the other end of a byte stream."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tinycl.data.scenario import Experience, left_out
from tinycl.exceptions import LinkError
from tinycl.experiment.confidence import area_under_curve, figures
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
        Of the last test, see ``tinycl.experiment.confidence.figures``; None where the board does
        not tell. ``unknown_auroc`` and ``unknown_accepted`` are there after `ask_of_unknown`.
    """

    def __init__(self, client: BoardClient, experiment: Experiment) -> None:
        self._client = client
        self._experiment = experiment
        self.samples = 0
        self.seconds = 0.0
        self.confidence: dict[str, Any] | None = None
        self._sure = np.empty(0)
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
        reached = self._position(experience.number)
        for progress in stream_experience(
            self._client,
            experience.number,
            _Images(dataset.x_train, experience.indices),
            labels,
            classes=experience.classes,
            names=self._experiment.names(experience),
        ):
            # After a break one reply stands for all samples that the board had learned before it.
            self.samples += max(0, progress.position - reached)
            reached = max(reached, progress.position)
            observer.sample(progress.position, labels[progress.position - 1], progress.predicted)
        self.seconds += time.monotonic() - started
        self.bytes += counts.bytes_sent + counts.bytes_received - before
        worked = self._busy_seconds() - busy
        if self._busy is None or worked < 0 or counts.reconnections > restarts:
            self._busy = None
        else:
            self._busy += worked

    def _position(self, experience: int) -> int:
        """Samples of an experience that the board had learned when it last said hello."""
        info = self._client.board
        return info.position if info and info.is_open and info.experience == experience else 0

    def _busy_seconds(self) -> float:
        """Seconds that the board has worked on requests; 0, and no share, while it is away."""
        try:
            return int(self._client.stats()["busy_ms"]) / 1000
        except LinkError:
            self._busy = None
            return 0.0

    def predict(self, indices: npt.NDArray[np.int64], observer: Observer) -> npt.NDArray[np.int64]:
        """See ``Subject``."""
        dataset, answers = self._experiment.dataset, []
        truth = dataset.y_test[indices]
        for answer in answer_all(self._client, _Images(dataset.x_test, indices)):
            answers.append(answer)
            label = int(truth[len(answers) - 1])
            observer.tested(len(answers), len(indices), label, answer.label)
            if answer.confidence is not None:
                observer.sure(answer.confidence, answer.known)
        found = np.array([answer.label for answer in answers], np.int64)
        self.confidence = None
        if answers and all(answer.confidence is not None for answer in answers):
            self._sure = np.array([answer.confidence for answer in answers])
            known = np.array([answer.known for answer in answers])
            self.confidence = figures(self._sure, known, found == truth)
        return found

    def ask_of_unknown(self) -> None:
        """After the last test, ask of test samples of classes that were left out of teaching.

        Their confidence is compared with that of the last test.
        """
        settings, dataset = self._experiment.settings, self._experiment.dataset
        if not settings.unknown or self.confidence is None:
            return
        strange = np.isin(dataset.y_test, left_out(dataset, settings.unknown, settings.seed))
        some = _Images(dataset.x_test, np.flatnonzero(strange))
        answers = list(answer_all(self._client, some))
        sure = np.array([answer.confidence for answer in answers])
        self.confidence["unknown_auroc"] = area_under_curve(self._sure, sure)
        accepted = float(np.mean([answer.known for answer in answers]))
        self.confidence["unknown_accepted"] = accepted

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
