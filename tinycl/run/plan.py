"""What a run does: a data set cut into experiences, and the learner's settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tinycl_rt.config import Config
from tinycl_rt.learner import NAME_BYTES
from tinycl_rt.replay import POLICIES

from tinycl.data import Dataset
from tinycl.data.scenario import Experience, build
from tinycl.exceptions import DataError

__all__ = ["METHODS", "Plan", "Settings"]

METHODS = ("cwr", "naive")


@dataclass(frozen=True)
class Settings:
    """A run's settings as users name them; see ``tinycl_rt.config.Config`` for the learner's."""

    scenario: str = "nc:2"
    order: str = "natural"
    limit: int | None = None
    seed: int = 1
    learn: str = "head"
    method: str = "cwr"
    replay: int = 200
    policy: str = "class-balanced"
    replays: int = 4
    qf: int = 8
    qb: int = 16
    gbits: int = 8
    lr_shift: int = 3
    stochastic: bool = False

    def config(self, classes: int) -> Config:
        """The learner's configuration for a data set of so many classes.

        Raises
        ------
        DataError
            A setting is unknown or out of range.
        """
        if self.learn != "head":
            raise DataError(f"unknown depth {self.learn!r}: this version trains 'head'")
        if self.method not in METHODS:
            raise DataError(f"unknown method {self.method!r}: choose {' or '.join(METHODS)}")
        if self.policy not in POLICIES:
            raise DataError(f"unknown policy {self.policy!r}: choose one of {', '.join(POLICIES)}")
        try:
            return Config(
                classes=max(classes, 2),
                replay=self.replay,
                policy=POLICIES.index(self.policy),
                replays=self.replays,
                qf=self.qf,
                qb=self.qb,
                gbits=self.gbits,
                lr_shift=self.lr_shift,
                stochastic=int(self.stochastic),
                method=METHODS.index(self.method),
                seed=self.seed,
            )
        except ValueError as error:
            raise DataError(str(error)) from None


@dataclass(frozen=True)
class Plan:
    """A data set, its experiences in order, and the configuration of the learner."""

    dataset: Dataset
    settings: Settings
    experiences: tuple[Experience, ...]
    config: Config

    @classmethod
    def make(cls, dataset: Dataset, settings: Settings) -> Plan:
        """Cut a data set by the settings' scenario and seed; DataError for what does not fit."""
        experiences = build(
            dataset,
            settings.scenario,
            settings.seed,
            order=settings.order,
            limit=settings.limit,
        )
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
        names = [self.dataset.class_names[c] for c in experience.classes]
        return [n.encode()[:NAME_BYTES].decode(errors="ignore") for n in names]

    def first(self, experiences: int) -> Plan:
        """The same plan, with only its first experiences; DataError for less than one."""
        if experiences < 1:
            raise DataError(f"expected at least 1 experience, got {experiences}")
        return Plan(self.dataset, self.settings, self.experiences[:experiences], self.config)

    def describe(self) -> dict[str, Any]:
        """The settings as plain values for JSON."""
        return {"dataset": self.dataset.name, **vars(self.settings)}
