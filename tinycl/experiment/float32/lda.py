"""Class means and a shared covariance in float32: what the integers of ``tinycl_rt.lda`` cost.

The covariance is kept whole, not as rows; how much it is shrunken is the same.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
from tinycl_rt.config import Config

from tinycl.experiment.float32.layer import FloatArray

__all__ = ["FloatLda"]

_SHRINK = 12  # as of tinycl_rt.lda


class FloatLda:
    """In place of ``tinycl_rt.lda.Lda``: the same methods, float32 weights.

    Attributes
    ----------
    cw : numpy.ndarray
        float32 (classes, D): weights.
    bias : numpy.ndarray
        float32 (classes,).
    past, cur : numpy.ndarray
        int64 (classes,): samples in closed experiences and in the open one.
    """

    replays = False

    def __init__(self, config: Config, features: int, feature_range: int) -> None:
        n = self.classes = config.classes
        self.features = features
        self.cw = np.zeros((n, features), np.float32)
        self.bias = np.full(n, -np.inf, np.float32)
        self.past, self.cur = np.zeros((2, n), np.int64)
        self.x = array("b", bytes(features))
        self.acc = np.zeros(n, np.float32)
        self._values = np.frombuffer(self.x, np.int8)
        self._sums = np.zeros((n, features))
        self._rank = config.rows(features)
        self._products = np.zeros((features, features)) if self._rank else None
        self._folded = 0

    def begin(self, classes: Iterable[int]) -> None:
        """Open an experience."""
        self.cur[:] = 0

    def count(self, j: int) -> None:
        """A sample of a class is about to be learned."""
        self.cur[j] += 1

    def predict(self, fresh: bool) -> int:
        """The best class of the features in ``x``."""
        return self.scores(self.cw)

    def scores(self, weights: FloatArray) -> int:
        """Logits of the features in ``x``; returns the best class."""
        self.acc[:] = self.logits(weights, self._values)
        return int(self.acc.argmax())

    def logits(self, weights: FloatArray, x: npt.NDArray[np.int8]) -> FloatArray:
        """float32 (..., classes) of counts (..., D)."""
        found: FloatArray = x.astype(np.float32) @ weights.T + self.bias
        return found

    def step(self, label: int) -> int:
        """Learn the features in ``x``; returns the class seen before, as of the last ``end``."""
        best = self.scores(self.cw)
        n = self.past[label] + self.cur[label] - 1
        x = self._values.astype(np.float64)
        if n and self._products is not None:
            residual = (x - self._sums[label] / n) * np.sqrt(n / (n + 1))
            self._products += np.outer(residual, residual)
            self._folded += 1
        self._sums[label] += x
        return best

    def end(self) -> None:
        """Close the open experience: weights of all that was learned."""
        self.past += self.cur
        self.cur[:] = 0
        self._refresh()

    def _refresh(self) -> None:
        counts = self.past + self.cur
        seen = np.flatnonzero(counts)
        n, d = counts[seen], self.features
        means = self._sums[seen] / n[:, None]
        middle = means.mean(axis=0)
        means -= middle
        weights, share = means, np.ones(len(seen))
        if self._rank:
            share[:] = 0
        if self._products is not None and self._folded:
            covariance = self._products / self._folded
            within = np.trace(covariance)
            harmonic = len(seen) / (1 / n).sum()
            between = (means * means).sum() / max(1, len(seen) - 1) - within / harmonic
            share = np.ones(len(seen))
            if between > 0 < within:
                share = np.sqrt(between / (between + within / n))
                ridge = within**3 * _SHRINK / (d * harmonic * between**2)
                values, vectors = np.linalg.eigh(covariance)
                values, vectors = values[::-1], vectors[:, ::-1]
                if values[self._rank - 1] > 1e-6 * values[0]:
                    ridge = max(ridge, values[self._rank - 1] / 2)
                values[self._rank :] = values[self._rank :].mean() if self._rank < d else 0
                weights = (means @ vectors / (np.maximum(values, 0) + ridge)) @ vectors.T
        self.cw[seen] = weights
        sizes = (weights * means).sum(axis=1) * share
        self.bias[seen] = -weights @ middle - sizes / 2
