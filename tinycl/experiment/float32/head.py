"""The head in float32: what the integers cost, on the same stream of samples and replayed ones.

Features and constants are those of ``tinycl_rt.head``: features are counts scaled to -1..1, the
gain divides the logits, the learning rate is ``2 ** -lr_shift``. The replay memory, its random
choices and the experiences are the learner's own; weights have no range that they could leave.

Source: Lomonaco et al., 1907.03799 (CWR*).
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt
from tinycl_rt.config import FULL, NAIVE, Config
from tinycl_rt.learner import Learner
from tinycl_rt.lib.integers import bits

from tinycl.experiment.float32.full import FloatFull
from tinycl.experiment.float32.layer import FloatArray
from tinycl.experiment.float32.lda import FloatLda
from tinycl.experiment.float32.tail import FloatTail

__all__ = ["FloatHead", "FloatLearner"]


class FloatHead:
    """In place of ``tinycl_rt.head.Head``: the same methods, float32 weights.

    Parameters
    ----------
    config
        Widths and stochastic rounding have no meaning here.
    features
        Number of features, D.
    feature_range
        Largest absolute feature.

    Attributes
    ----------
    cw, tw : numpy.ndarray
        float32 (classes, D): consolidated and training weights.
    past, cur : numpy.ndarray
        int64 (classes,): samples in closed experiences and in the open one.
    active : numpy.ndarray
        bool (classes,): classes of the open experience.
    x : array('b')
        Features of the sample at hand, counts.
    acc : numpy.ndarray
        float32 (classes,): logits of the last ``scores``.
    """

    def __init__(self, config: Config, features: int, feature_range: int) -> None:
        n = config.classes
        self.classes, self.features = n, features
        self.naive = config.method == NAIVE
        self.cw = np.zeros((n, features), np.float32)
        self.tw = np.zeros((n, features), np.float32)
        self.past, self.cur = np.zeros((2, n), np.int64)
        self.active = np.zeros(n, bool)
        self.x = array("b", bytes(features))
        self.acc = np.zeros(n, np.float32)
        self._values = np.frombuffer(self.x, np.int8)
        self._scale = np.float32(2.0 ** -bits(feature_range))
        self._gain = np.float32(2.0 ** -((bits(features) - 1) // 2))
        self._rate = np.float32(2.0**-config.lr_shift)

    replays = True

    def predict(self, fresh: bool) -> int:
        """As of ``Head``."""
        self.scores(self.tw if fresh else self.cw)
        taught = (self.past + self.cur if fresh else self.past) > 0
        if taught.any():
            self.acc[~taught] = -np.inf
        return int(self.acc.argmax())

    def begin(self, classes: Iterable[int]) -> None:
        """Open an experience with these classes; the others start from zero (CWR*)."""
        self.active[:] = False
        self.cur[:] = 0
        if not self.naive:
            self.tw[:] = 0
        for j in classes:
            self._activate(j)

    def count(self, j: int) -> None:
        """A sample of a class is about to be learned."""
        self._activate(j)
        self.cur[j] += 1

    def _activate(self, j: int) -> None:
        """Let a class take part in the open experience."""
        if self.active[j]:
            return
        self.active[j] = True
        if not self.naive:
            self.tw[j] = self.cw[j]

    def scores(self, weights: FloatArray) -> int:
        """Logits of the features in ``x`` under ``cw`` or ``tw``; returns the best class."""
        self.acc[:] = self.logits(weights, self._values)
        return int(self.acc.argmax())

    def logits(self, weights: FloatArray, x: npt.NDArray[np.int8]) -> FloatArray:
        """float32 (..., classes) of counts (..., D)."""
        found: FloatArray = (x * self._scale) @ weights.T * self._gain
        return found

    def step(self, label: int) -> int:
        """One step of gradient descent on the features in ``x``; returns the class seen before."""
        best = self.error(label)
        self.update()
        return best

    def error(self, label: int) -> int:
        """The first half of ``step``, up to the error; returns the class seen before."""
        best = self.scores(self.tw)
        self._g = np.exp(self.acc - self.acc[best])
        self._g /= self._g.sum()
        self._g[label] -= 1
        return best

    def errors(self) -> FloatArray:
        """Between the halves: the error of the features (D,)."""
        found: FloatArray = self._g @ self.tw
        return found

    def update(self) -> None:
        """The second half of ``step``."""
        self.tw -= np.outer(self._rate * self._g, self._values * self._scale)

    def end(self) -> None:
        """Consolidate: CWR* over the classes of the open experience."""
        if self.naive:
            self.cw[:] = self.tw
        rows = np.flatnonzero(self.active & (self.cur > 0))
        if not rows.size:
            return
        if not self.naive:
            keep = np.sqrt(self.past[rows] / self.cur[rows])[:, None]
            new = self.tw[rows] - self.tw[rows].mean(dtype=np.float64)
            self.cw[rows] = (self.cw[rows] * keep + new) / (keep + 1)
        self.past[rows] += self.cur[rows]


class FloatLearner(Learner):
    """A learner with a float32 head, and tail if it has one.

    Its choices of replayed samples, and of what stays in memory, are those of a ``Learner`` with
    the same seed whose updates are not rounded stochastically.
    """

    def reset(self, config: Config) -> None:
        """Forget everything and go on with these settings."""
        super().reset(config)
        kind = FloatLda if config.head else FloatHead
        self.head = kind(config, self.model.features, self.model.feature_range)
        if config.depth:
            self.tail = self._deep(config)

    def _deep(self, config: Config) -> FloatTail:
        if config.depth == FULL:
            return FloatFull(self.tail, self.model, config, self.rng)
        return FloatTail(self.model, config, self.rng)

    def fingerprint(self) -> int:
        """CRC32 of the consolidated weights: the same on the same machine and libraries only."""
        return crc32(self.head.cw.tobytes())

    def dump(self) -> Any:
        """A state file holds integers: ValueError."""
        raise ValueError("a state holds integer weights, this learner's are float32")

    def restore(self, source: Any) -> None:
        """A state file holds integers: ValueError."""
        raise ValueError("a state holds integer weights, this learner's are float32")
