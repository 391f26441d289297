"""A learner on a board, at the other end of a byte stream."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tinycl.data.scenario import Experience
from tinycl.exceptions import LinkError
from tinycl.experiment.experiment import Experiment
from tinycl.experiment.loop import OnSample
from tinycl.link.client import BoardClient
from tinycl.link.messages import Info
from tinycl.link.retry import retry
from tinycl.link.session import predict_all, stream_experience

__all__ = ["OnTested", "StreamedBoard"]

OnTested = Callable[[int, int, int, int], None]


class StreamedBoard:
    """A ``Subject`` of the loop; what is lost on the way is sent again.

    Parameters
    ----------
    client
        A connected board with a model.
    experiment
        What it is to learn.
    wait
        Seconds to wait for a board that was unplugged.
    on_message
        Called with a sentence when the board goes and comes.
    on_tested
        Called with the number of test samples answered and in all, the class of the last one, and
        what it was taken for.
    on_pause
        Called about once a second while samples are learned: the board may be asked then.
    """

    def __init__(
        self,
        client: BoardClient,
        experiment: Experiment,
        wait: float = 60.0,
        on_message: Callable[[str], None] | None = None,
        on_tested: OnTested | None = None,
        on_pause: Callable[[], None] | None = None,
    ) -> None:
        self._client = client
        self._plan = experiment
        self._wait = wait
        self._on_message = on_message
        self._on_tested = on_tested
        self._on_pause = on_pause
        self.samples = 0
        self.seconds = 0.0
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
        return self._insist(self._client.hello).experience

    def learn(self, experience: Experience, on_sample: OnSample) -> None:
        """See ``Subject``."""
        dataset = self._plan.dataset
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
            names=self._plan.names(experience),
            wait=self._wait,
            on_message=self._on_message,
            on_pause=self._on_pause,
        ):
            self.samples += 1
            on_sample(progress.position, labels[progress.position - 1], progress.predicted)
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

    def predict(self, indices: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """See ``Subject``."""
        found = []
        dataset = self._plan.dataset
        images = _Images(dataset.x_test, indices)
        for answer in predict_all(
            self._client, images, wait=self._wait, on_message=self._on_message
        ):
            found.append(answer)
            if self._on_tested is not None:
                truth = int(dataset.y_test[indices[len(found) - 1]])
                self._on_tested(len(found), len(indices), truth, answer)
        return np.array(found, np.int64)

    def fingerprint(self) -> int:
        """See ``Subject``."""
        return int(self._insist(self._client.info).state or 0)

    def _insist(self, action: Callable[[], Info]) -> Info:
        return retry(self._client, action, self._wait, self._on_message)


class _Images(Sequence[Any]):
    """Some images of an array, in an order, without copying them."""

    def __init__(self, images: npt.NDArray[np.uint8], indices: npt.NDArray[np.int64]) -> None:
        self._images = images
        self._indices = indices

    def __len__(self) -> int:
        return len(self._indices)

    def __getitem__(self, i: Any) -> Any:
        return self._images[self._indices[i]]
