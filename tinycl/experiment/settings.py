"""Settings of an experiment: which stream of samples, and how the learner learns from it."""

from __future__ import annotations

import re
import reprlib
import warnings
from dataclasses import dataclass, field, fields, replace
from typing import Any

from tinycl_rt.config import CWR, FULL, HEADS, NAIVE, RULES, Config
from tinycl_rt.model.loader import Model, Tensor
from tinycl_rt.replay import POLICIES
from tinycl_rt.trainable import layers as depth

from tinycl.exceptions import DataError

__all__ = [
    "ARITHMETICS",
    "JOINT",
    "METHODS",
    "OF_TAIL",
    "RATIO",
    "ExperimentSettings",
    "differences",
]

JOINT = "joint"
"""The upper bound: all classes shuffled in one experience, so nothing can be forgotten."""

METHODS = {"cwr": CWR, "naive": NAIVE, JOINT: NAIVE}
"""What the learner does at the end of an experience, by the name that users give it."""

ARITHMETICS = ("integer", "float32")

AUTO = "auto"

RATIO = "ratio"
_MOST_REPLAYS = 255

_DEPTHS = {"head": 0, "full": FULL}
_TAIL = re.compile(r"tail:([0-9]{1,3})")
OF_TAIL = ("rule", "tail_lr", "tail_step", "tail_decay", "tail_margin", "wide", "thresholds")
"""Settings that only learners deeper than the head have a use for."""
_OF_INTEGERS = ("qf", "qb", "gbits", "stochastic")
_SIZE = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,15})?) *(B|kB|KB|KiB|MB|MiB)")
_UNITS = {"B": 1, "kB": 1000, "KB": 1000, "KiB": 1024, "MB": 10**6, "MiB": 2**20}


def _option(default: Any, help: str) -> Any:
    """A field that is an option on the command line, with its help there."""
    return field(default=default, metadata={"help": help})


@dataclass(frozen=True)
class ExperimentSettings:
    """A run's settings as users name them; see ``tinycl_rt.config.Config`` for the learner's.

    Each field is an option of every verb that learns.

    Attributes
    ----------
    method : str
        Of ``METHODS``. ``joint`` takes the scenario's samples as one experience.
    head : str
        Of ``tinycl_rt.config.HEADS``, or ``auto``: see ``resolved``.
    replay : int or str
        Slots, or bytes with a unit, such as ``"25kB"``: see ``sized``; ``auto``: see ``resolved``.
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

    scenario: str = _option(
        "nc:2",
        "nc:K: K new classes an experience; nc:K,first=N; nic:N: N experiences; taught: as the "
        "data set was taught in tinycl page.",
    )
    order: str = _option("natural", "Order of the classes: natural or random (by seed).")
    limit: int | None = _option(None, "At most this number of samples of each class.")
    classes: int | None = _option(
        None, "Classes that the head has room for; by default those of the data set."
    )
    epochs: int = _option(1, "How often an experience brings its samples.")
    seed: int = _option(1, "Seed of the stream and of the learner.")
    learn: str = _option(
        "head",
        "How deep it learns: head; tail:N, the last N binary layers too; "
        "full, all of them from scratch.",
    )
    method: str = _option(
        "cwr",
        "cwr; naive: no consolidation, for contrast; joint: all classes at once, the upper bound.",
    )
    head: str = _option(
        AUTO,
        "What classifies: lda, class means and a shared covariance; mean, class means; cwr, "
        "gradient descent (CWR*). auto: lda with --learn head, else cwr.",
    )
    rank: int = _option(0, "Rows of the covariance that lda keeps; 0: by the features.")
    replay: int | str = _option(
        AUTO,
        "Slots of the replay memory, or its bytes, such as 25kB or 1.5MiB. auto: 200 with cwr; "
        "the other heads do not replay.",
    )
    policy: str = _option(
        "class-balanced", "What stays in memory: random, reservoir, class-balanced, ring."
    )
    replay_batch: int | str = _option(
        4, "Replayed samples for each new one; ratio: slots / samples of an experience."
    )
    unknown: int = _option(
        0, "Leave N classes, chosen by the seed, untaught; measure whether they are told apart."
    )
    arithmetic: str = _option(
        "integer", "integer, or float32: the counterpart on the same stream."
    )
    qf: int = _option(8, "Bits of forward weights, 4..8.")
    qb: int = _option(16, "Bits of master weights, 8..16.")
    gbits: int = _option(8, "Bits of errors, 4..8.")
    lr_shift: int = _option(3, "The head's learning rate is 2 ** -N.")
    stochastic: bool = _option(False, "Round the head's updates stochastically.")
    rule: str = _option("proportional", "Updates of the tail: proportional, sign or bop.")
    tail_lr: int = _option(5, "The tail's learning rate is 2 ** -N (proportional, bop).")
    tail_step: int = _option(1, "Rule sign: steps of N / 128.")
    tail_decay: int = _option(1, "Rule bop: the mean gradient decays by 2 ** -N a step.")
    tail_margin: int = _option(
        32, "Latent weights start N / 128 away from flipping; bop: the mean that flips."
    )
    wide: bool = _option(False, "Latent weights of the tail in int16 instead of int8.")
    thresholds: bool = _option(False, "Thresholds of the tail learn too.")

    def config(self, classes: int) -> Config:
        """The learner's configuration for a data set of so many classes.

        Raises
        ------
        DataError
            A setting is unknown or out of range.
        """
        if AUTO in (self.head, self.replay):
            return self.resolved().config(classes)
        if self.classes is not None and self.classes < classes:
            raise DataError(f"expected room for {classes} --classes or more, got {self.classes}")
        depth = self._depth()
        sums = self.head != "cwr"
        if sums and self.method == "naive":
            raise DataError(f"--method naive trains weights, which --head {self.head} does not")
        if sums and depth:
            raise DataError(
                f"--learn {self.learn} takes the errors of a trained head: give --head cwr or auto"
            )
        if self.rank and self.head != "lda":
            raise DataError(f"--rank goes with --head lda, not {self.head}")
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
                classes=self.classes or max(classes, 2),
                head=HEADS.index(self.head),
                rank=self.rank,
                replay_slots=self.replay,
                policy=POLICIES.index(self.policy),
                replay_batch=self.replay_batch,
                qf=self.qf,
                qb=self.qb,
                gbits=self.gbits,
                lr_shift=self.lr_shift,
                stochastic=int(self.stochastic),
                method=CWR if sums else METHODS[self.method],
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

    def resolved(self) -> ExperimentSettings:
        """The same with a head and slots in place of ``auto``; DataError: an unknown name."""
        if self.method not in METHODS:
            raise DataError(f"unknown method {self.method!r}: choose one of {', '.join(METHODS)}")
        if self.head not in (AUTO, *HEADS):
            raise DataError(
                f"unknown head {self.head!r}: choose one of {', '.join((AUTO, *HEADS))}"
            )
        alone = self._depth() == 0 and METHODS[self.method] == CWR
        head = self.head if self.head != AUTO else "lda" if alone else "cwr"
        slots = self.replay if self.replay != AUTO else 200 if head == "cwr" else 0
        return replace(self, head=head, replay=slots)

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
        config = replace(self.resolved(), replay=0, replay_batch=replays, classes=None).config(2)
        if not config.depth:
            return model.tensors[model.operators[-1].source]
        try:
            return model.tensors[depth.operators(model, config)[0].source]
        except ValueError as error:
            raise DataError(str(error)) from None

    def sized(self, model: Model | None) -> ExperimentSettings:
        """The same, with a replay memory that is given in bytes as slots of a model's latents.

        Raises
        ------
        DataError
            The replay memory is neither a number of slots nor a size; or as `latent`.
        """
        if model is None:
            return self
        nbytes = self.latent(model).nbytes
        if isinstance(self.replay, int) or self.replay == AUTO:
            return self
        return replace(self, replay=_bytes(self.replay) // nbytes)

    def plain(self) -> ExperimentSettings:
        """The same run by one name: what it does not use has its default."""
        unused: tuple[str, ...] = () if self.arithmetic == "integer" else _OF_INTEGERS
        unused += OF_TAIL if self.learn == "head" else ()
        defaults: dict[str, Any] = {f.name: f.default for f in fields(self) if f.name in unused}
        return replace(self.resolved(), **defaults)


def differences(have: Config, wanted: Config) -> str:
    """In which settings two configurations differ, such as ``qf 8, not 6``; empty if in none."""
    mine, yours = vars(have), vars(wanted)
    return ", ".join(f"{k} {mine[k]}, not {yours[k]}" for k in yours if mine[k] != yours[k])


def _bytes(text: str) -> int:
    found = _SIZE.fullmatch(text.strip())
    if not found:
        raise DataError(
            "expected slots of the replay memory, or bytes such as 25kB or 1.5MiB, got "
            f"{reprlib.repr(text)}"
        )
    return int(float(found[1]) * _UNITS[found[2]])
