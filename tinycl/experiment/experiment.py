"""An experiment: a data set cut into experiences, and the learner's configuration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from tinycl_rt.config import Config
from tinycl_rt.learner import NAME_BYTES

from tinycl.data import Dataset
from tinycl.data.scenario import Experience, build
from tinycl.exceptions import DataError
from tinycl.experiment.settings import JOINT, RATIO, ExperimentSettings

__all__ = ["Experiment"]

_MOST_REPLAYS = 255
_MOST_SAMPLES = 10**8


@dataclass(frozen=True)
class Experiment:
    """A data set, its experiences in order, and the configuration of the learner."""

    dataset: Dataset
    settings: ExperimentSettings
    experiences: tuple[Experience, ...]
    config: Config

    @classmethod
    def make(cls, dataset: Dataset, settings: ExperimentSettings) -> Experiment:
        """Cut a data set by the settings' scenario and seed; DataError for what does not fit."""
        settings = settings.resolved()
        if not 1 <= settings.seed < 1 << 32:
            raise DataError(f"expected a seed from 1 to {(1 << 32) - 1:,}, got {settings.seed}")
        if settings.epochs * len(dataset.y_train) > _MOST_SAMPLES:
            raise DataError(
                f"expected a stream of at most {_MOST_SAMPLES:,} samples: give fewer --epochs"
            )
        experiences = build(
            dataset,
            "nic:1" if settings.method == JOINT else settings.scenario,
            settings.seed,
            order=settings.order,
            limit=settings.limit,
            epochs=settings.epochs,
            without=settings.unknown,
        )
        names = [_cut(name) for name in dataset.class_names]
        if alike := next((name for name in names if names.count(name) > 1), None):
            raise DataError(
                f"several classes of {dataset.name} are called {alike!r} in their first "
                f"{NAME_BYTES} bytes, which is all that a board keeps: give them shorter names"
            )
        if settings.replay_batch == RATIO:
            settings = replace(settings, replay_batch=_ratio(settings, experiences))
        config = settings.config(dataset.num_classes)
        return cls(dataset, settings, tuple(experiences), config)

    def seen(self, experience: Experience) -> tuple[int, ...]:
        """Classes that have come up to and with an experience, in order of their number."""
        classes: set[int] = set()
        for e in self.experiences:
            if e.number <= experience.number:
                classes.update(e.classes)
        return tuple(sorted(classes))

    def names(self, experience: Experience) -> list[str]:
        """Names of the classes that an experience brings, cut to what a board keeps."""
        return [_cut(self.dataset.class_names[c]) for c in experience.classes]

    def first(self, experiences: int) -> Experiment:
        """The same experiment, with only its first experiences; DataError for less than one."""
        if experiences < 1:
            raise DataError(f"expected at least 1 experience, got {experiences}")
        return Experiment(self.dataset, self.settings, self.experiences[:experiences], self.config)

    def with_rank(self, rank: int) -> Experiment:
        """The same experiment, with so many rows of the covariance; 0: by the features."""
        if rank == self.settings.rank:
            return self
        settings = replace(self.settings, rank=rank)
        config = settings.config(self.config.classes)
        return Experiment(self.dataset, settings, self.experiences, config)

    def describe(self) -> dict[str, Any]:
        """The settings as plain values for JSON."""
        return {"dataset": self.dataset.name, **vars(self.settings)}


def _cut(name: str) -> str:
    return name.encode()[:NAME_BYTES].decode(errors="ignore")


def _ratio(settings: ExperimentSettings, experiences: Sequence[Experience]) -> int:
    """Replays for each new sample: the first experience has nothing to replay and does not count.

    DataError for slots that are not known yet.
    """
    if isinstance(settings.replay, str):
        raise DataError(f"replays {RATIO}: expected slots of a memory, got {settings.replay}")
    later = experiences[1:] or experiences
    samples = sum(len(e.indices) for e in later) / len(later) / settings.epochs
    return min(_MOST_REPLAYS, max(1, round(settings.replay / samples))) if settings.replay else 0
