"""The real-valued chain between an accumulator and the next sign, as a threshold.

After a convolution a graph may hold a scale, a bias, batch normalisation, activations and max
pooling before it takes the sign again. Every one of these is monotone in the accumulator, so the
whole chain is one comparison a channel: it is found by bisection over the integers, computing the
chain in float32 as the graph does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tinycl.exceptions import CompileError

__all__ = ["Chain", "FloatArray", "Numbers", "Thresholds", "activation"]

FloatArray = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.int64] | npt.NDArray[np.float64]
Elementwise = Callable[[FloatArray], FloatArray]


def activation(kind: str) -> Elementwise | None:
    """A fused activation by name; None for ``none``. KeyError for an unknown one."""
    known: dict[str, Elementwise | None] = {
        "none": None,
        "relu": lambda v: np.maximum(v, np.float32(0)),
        "relu6": lambda v: np.clip(v, np.float32(0), np.float32(6)),
        "relu_n1_to_1": lambda v: np.clip(v, np.float32(-1), np.float32(1)),
    }
    return known[kind]


@dataclass(frozen=True)
class Thresholds:
    """``bit = (sign * acc) < value`` a channel, with ``sign`` +-1 (to be folded into weights)."""

    value: npt.NDArray[np.int32]
    sign: npt.NDArray[np.int8]


class Chain:
    """Monotone functions of an integer accumulator, one value a channel.

    Parameters
    ----------
    low, high : numpy.ndarray
        int64 (channels,): bounds of the accumulator.
    start : callable
        The first function: accumulators (channels,) -> float32 (channels,).
    """

    def __init__(
        self,
        low: npt.NDArray[np.int64],
        high: npt.NDArray[np.int64],
        start: Callable[[Numbers], FloatArray],
    ) -> None:
        self._low, self._high = low, high
        self.start = start
        self._steps: list[Elementwise] = []

    def starting(self, start: Callable[[Numbers], FloatArray]) -> Chain:
        """The same chain behind another first function."""
        other = Chain(self._low, self._high, start)
        other._steps = self._steps
        return other

    def __len__(self) -> int:
        return len(self._steps)

    def append(self, step: Elementwise | None) -> None:
        """Add a monotone function; None adds nothing."""
        if step is not None:
            self._steps.append(step)

    def value(self, acc: Numbers, upto: int | None = None) -> FloatArray:
        """The chain's value, or its value after the first ``upto`` functions."""
        v = self.start(acc)
        for step in self._steps[:upto]:
            v = step(v).astype(np.float32)
        return v

    def _negative(self, acc: Numbers) -> npt.NDArray[np.bool_]:
        # Larq: sign(0) = +1, also for -0.0.
        return self.value(acc) < 0

    def thresholds(self, name: str) -> Thresholds:
        """Where the sign changes. The bit is 1 (negative) below the threshold.

        Raises
        ------
        CompileError
            The chain makes numbers that are not finite; the message calls the layer ``name``.
        """
        low, high = self._low, self._high
        if not np.all(np.isfinite([self.value(low), self.value(high)])):
            raise CompileError(f"{name} has constants that are not finite: train the model again")
        at_low, at_high = self._negative(low), self._negative(high)
        # Bisection: the bit at a is at_low, the bit at b is at_high, and they differ.
        a, b = low.copy(), high.copy()
        while np.any(b - a > 1):
            middle = (a + b) // 2
            same = self._negative(middle) == at_low
            a, b = np.where(same, middle, a), np.where(same, b, middle)
        falling = ~at_low & at_high
        value = np.where(falling, 1 - b, b)
        value = np.where(at_low & at_high, high + 1, value)
        value = np.where(~at_low & ~at_high, low, value)
        return Thresholds(value.astype(np.int32), np.where(falling, -1, 1).astype(np.int8))

    def roots(self, t: Thresholds) -> npt.NDArray[np.float64]:
        """Where each channel's sign changes as if the accumulator were real; NaN for nowhere."""
        below = np.where(t.sign > 0, t.value - 1, -t.value).astype(np.float64)
        a, b = below.copy(), below + 1
        at_a = self._negative(a)
        for _ in range(40):
            middle = (a + b) / 2
            same = self._negative(middle) == at_a
            a, b = np.where(same, middle, a), np.where(same, b, middle)
        return np.where(at_a != self._negative(below + 1), (a + b) / 2, np.nan)

    def falls_after(self, upto: int) -> npt.NDArray[np.bool_]:
        """Channels where what follows the first ``upto`` functions falls as its input rises.

        There a maximum taken at that point is a minimum of the final signs.
        """
        before = self.value(self._high, upto) - self.value(self._low, upto)
        return (self.value(self._high) - self.value(self._low)) * np.sign(before) < 0
