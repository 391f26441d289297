"""What a run does: a data set cut into experiences, and the learner's settings."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from tinycl_rt.config import CWR, FULL, NAIVE, RULES, Config
from tinycl_rt.learner import NAME_BYTES
from tinycl_rt.model.loader import Model, Tensor
from tinycl_rt.replay import POLICIES
from tinycl_rt.trainable import layers as depth

from tinycl.data import Dataset
from tinycl.data.scenario import Experience, build
from tinycl.exceptions import DataError

__all__ = ["ARITHMETICS", "JOINT", "METHODS", "OF_TAIL", "RATIO", "Plan", "Settings"]

JOINT = "joint"
"""The upper bound: all classes shuffled in one experience, so nothing can be forgotten."""

METHODS = {"cwr": CWR, "naive": NAIVE, JOINT: NAIVE}
"""What the learner does at the end of an experience, by the name that users give it."""

ARITHMETICS = ("integer", "float32")

RATIO = "ratio"
_MOST_REPLAYS = 255

_DEPTHS = {"head": 0, "full": FULL}
_TAIL = re.compile(r"tail:([0-9]{1,3})")
OF_TAIL = ("rule", "tail_lr", "tail_step", "tail_decay", "tail_margin", "wide", "thresholds")
"""Settings that only learners deeper than the head have a use for."""
_OF_INTEGERS = ("qf", "qb", "gbits", "stochastic")
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?) *(B|kB|KB|KiB|MB|MiB)")
_UNITS = {"B": 1, "kB": 1000, "KB": 1000, "KiB": 1024, "MB": 10**6, "MiB": 2**20}


@dataclass(frozen=True)
class Settings:
    """A run's settings as users name them; see ``tinycl_rt.config.Config`` for the learner's.

    A field that is added here needs its line of help in ``tinycl.cli.options``, and is then an
    option of every verb that learns.

    Attributes
    ----------
    method : str
        Of ``METHODS``. ``joint`` takes the scenario's samples as one experience.
    replay : int or str
        Slots, or bytes with a unit, such as ``"25kB"``: see ``sized``.
    replay_batch : int or str
        Replayed samples for each new one; ``ratio``: as many as a slot of the memory stands for,
        replay / (new samples of an experience), so that a mini-batch mixes old and new as memory
        and experience do (Pellegrini et al., 1912.01100: 1500 slots, 300 new samples: 5).
    epochs : int
        How often an experience brings its samples, each time in another order. The learner does
        not know: to it and its replay memory they are samples like others.
    arithmetic : str
        ``integer``, or ``float32``: the counterpart on the same stream, which has no use for
        ``qf``, ``qb``, ``gbits`` and ``stochastic``.
    learn : str
        ``head``; ``tail:N``: the last N binary layers too, with the settings from ``rule`` on;
        ``full``: all binary layers, from scratch.
    """

    scenario: str = "nc:2"
    order: str = "natural"
    limit: int | None = None
    epochs: int = 1
    seed: int = 1
    learn: str = "head"
    method: str = "cwr"
    replay: int | str = 200
    policy: str = "class-balanced"
    replay_batch: int | str = 4
    arithmetic: str = "integer"
    qf: int = 8
    qb: int = 16
    gbits: int = 8
    lr_shift: int = 3
    stochastic: bool = False
    rule: str = "proportional"
    tail_lr: int = 5
    tail_step: int = 1
    tail_decay: int = 1
    tail_margin: int = 32
    wide: bool = False
    thresholds: bool = False

    def config(self, classes: int) -> Config:
        """The learner's configuration for a data set of so many classes.

        Raises
        ------
        DataError
            A setting is unknown or out of range.
        """
        depth = self._depth()
        if self.method not in METHODS:
            raise DataError(f"unknown method {self.method!r}: choose one of {', '.join(METHODS)}")
        if self.policy not in POLICIES:
            raise DataError(f"unknown policy {self.policy!r}: choose one of {', '.join(POLICIES)}")
        if self.arithmetic not in ARITHMETICS:
            raise DataError(
                f"unknown arithmetic {self.arithmetic!r}: choose {' or '.join(ARITHMETICS)}"
            )
        if self.rule not in RULES:
            raise DataError(f"unknown rule {self.rule!r}: choose one of {', '.join(RULES)}")
        if isinstance(self.replay, str):
            _bytes(self.replay)
            raise DataError(
                f"{self.replay} is so many slots as the model's latents decide: give --model, or "
                "a number of slots"
            )
        if isinstance(self.replay_batch, str):
            raise DataError(
                f"expected a number of replays or {RATIO}, which a stream decides: got "
                f"{self.replay_batch!r}"
            )
        try:
            return Config(
                classes=max(classes, 2),
                replay_slots=self.replay,
                policy=POLICIES.index(self.policy),
                replay_batch=self.replay_batch,
                qf=self.qf,
                qb=self.qb,
                gbits=self.gbits,
                lr_shift=self.lr_shift,
                stochastic=int(self.stochastic),
                method=METHODS[self.method],
                seed=self.seed,
                depth=depth,
                rule=RULES.index(self.rule),
                tail_lr=self.tail_lr,
                tail_step=self.tail_step,
                tail_decay=self._decay(),
                tail_margin=self.tail_margin,
                wide=int(self.wide),
                thresholds=int(self.thresholds),
            )
        except ValueError as error:
            raise DataError(str(error)) from None

    def _depth(self) -> int:
        """As ``Config.depth``."""
        if self.learn in _DEPTHS:
            return _DEPTHS[self.learn]
        tail = _TAIL.fullmatch(self.learn)
        if not tail or not 0 < int(tail[1]) < FULL:
            raise DataError(
                f"unknown depth {self.learn!r}: expected head, tail:N with N from 1, or full"
            )
        return int(tail[1])

    def _decay(self) -> int:
        """``tail_decay``, which version 0.1 called ``tail_step`` with the rule Bop."""
        if self.rule != "bop" or self.tail_step == 1 or self.tail_decay != 1:
            return self.tail_decay
        warnings.warn("with --rule bop, --tail-step is called --tail-decay now", FutureWarning, 2)
        return self.tail_step

    def latent(self, model: Model) -> Tensor:
        """The layer of a model that the replay memory keeps at this depth: shape and bytes.

        Raises
        ------
        DataError
            The model cannot learn so deep, or a setting is wrong.
        """
        replays = 1 if self.replay_batch == RATIO else self.replay_batch
        config = replace(self, replay=0, replay_batch=replays).config(2)
        if not config.depth:
            return model.tensors[model.operators[-1].source]
        try:
            return model.tensors[depth.operators(model, config)[0].source]
        except ValueError as error:
            raise DataError(str(error)) from None

    def sized(self, model: Model | None) -> Settings:
        """The same, with a replay memory that is given in bytes as slots of a model's latents.

        Raises
        ------
        DataError
            The replay memory is neither a number of slots nor a size; or as `latent`.
        """
        if model is None:
            return self
        nbytes = self.latent(model).nbytes
        if isinstance(self.replay, int):
            return self
        return replace(self, replay=_bytes(self.replay) // nbytes)

    def plain(self) -> Settings:
        """The same run by one name: what it does not use has its default."""
        unused: tuple[str, ...] = () if self.arithmetic == "integer" else _OF_INTEGERS
        unused += OF_TAIL if self.learn == "head" else ()
        defaults: dict[str, Any] = {f.name: f.default for f in fields(self) if f.name in unused}
        return replace(self, **defaults)


def _ratio(settings: Settings, experiences: Sequence[Experience]) -> int:
    """Replays for each new sample: the first experience has nothing to replay and does not count.

    DataError for slots that are not known yet.
    """
    if isinstance(settings.replay, str):
        raise DataError(f"replays {RATIO}: expected slots of a memory, got {settings.replay}")
    later = experiences[1:] or experiences
    samples = sum(len(e.indices) for e in later) / len(later) / settings.epochs
    return min(_MOST_REPLAYS, max(1, round(settings.replay / samples))) if settings.replay else 0


def _bytes(text: str) -> int:
    found = _SIZE.fullmatch(text.strip())
    if not found:
        raise DataError(
            f"expected slots of the replay memory, or bytes such as 25kB or 1.5MiB, got {text!r}"
        )
    return int(float(found[1]) * _UNITS[found[2]])


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
            "nic:1" if settings.method == JOINT else settings.scenario,
            settings.seed,
            order=settings.order,
            limit=settings.limit,
            epochs=settings.epochs,
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
