"""Optimizers behind one interface: each changes a chunk of weights in place, in float32.

=========  ======================================================================  ==========
optimizer  step, r the learning rate, b1 and b2 the decays of the momenta          slots
=========  ======================================================================  ==========
Adam       m += (1-b1)(g-m); v += (1-b2)(g*g-v); w -= r m^ / (sqrt(v^) + eps)      m, v
SignAdam   the same, where g*g is one constant for all weights                     m
Sgd        v = momentum v + g; w -= r v                                            v
Bop        m += r (g-m); w = -w where m has the sign of w and is above threshold   m
=========  ======================================================================  ==========

``m^`` and ``v^`` are m and v with Adam's correction of their start at zero. With gradients
``g = +-1/sqrt(N)`` v^ is 1/N, exactly, for every weight at every step: no array is needed for it.
That holds as long as no gradient is zero, that is while |W| <= 1, which clipping W to -1..1
ensures.
"""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from tinycl.edge.trainer.workspace import FloatArray
from tinycl.exceptions import ModelError

__all__ = ["NAMES", "Adam", "Bop", "Optimizer", "Sgd", "SignAdam", "Update", "make"]

NAMES = ("adam", "sgd", "bop")


class Update(NamedTuple):
    """What an optimizer needs to change some weights; arrays are of one shape.

    Attributes
    ----------
    step
        1, 2, …
    w, g, slots, work
        Weights, their gradient, what the optimizer keeps for them, and working memory.
    unit
        Magnitude of sign gradients; 1 for real ones.
    """

    step: int
    w: FloatArray
    g: FloatArray
    slots: list[FloatArray]
    work: FloatArray
    unit: float


class Optimizer(Protocol):
    """What weights ask of an optimizer.

    Attributes
    ----------
    rate
        Learning rate; may be changed between steps.
    """

    rate: float

    def slots(self, unit: float) -> list[tuple[float, int]]:
        """What to keep for each weight, when no gradient exceeds ``unit``.

        Returns
        -------
        list of (float, int)
            Largest magnitude of each slot, and the bits that hold it well enough.
        """

    def apply(self, update: Update) -> None:
        """Change weights and slots in place; gradient and working memory are overwritten."""


@dataclass
class Adam:
    """Adam (1412.6980)."""

    rate: float = 1e-3
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-7

    def slots(self, unit: float) -> list[tuple[float, int]]:
        """m and v."""
        return [(unit, 16), (unit**2, 16)]

    def apply(self, update: Update) -> None:
        """Change weights and both momenta."""
        step, w, g, (m, v), work, _ = update
        np.subtract(g, m, out=work)
        work *= 1 - self.beta1
        m += work
        g *= g
        g -= v
        g *= 1 - self.beta2
        v += g
        np.sqrt(v, out=work)
        work += self.epsilon
        np.divide(m, work, out=work)
        work *= self.rate * (1 - self.beta2**step) ** 0.5 / (1 - self.beta1**step)
        w -= work


@dataclass
class SignAdam:
    """Adam for gradients of one magnitude: its second momentum is a number, not an array.

    Its epsilon, which beside 1/sqrt(N) changes no step by 1 in 10,000, is left out.
    """

    rate: float = 1e-3
    beta1: float = 0.9

    def slots(self, unit: float) -> list[tuple[float, int]]:
        """m: it moves by tenths, for which 8 bits do."""
        return [(unit, 8)]

    def apply(self, update: Update) -> None:
        """Change weights and the one momentum."""
        step, w, g, (m,), work, unit = update
        g -= m
        g *= 1 - self.beta1
        m += g
        np.multiply(m, self.rate / (unit * (1 - self.beta1**step)), out=work)
        w -= work


@dataclass
class Sgd:
    """Stochastic gradient descent with momentum."""

    rate: float = 0.01
    momentum: float = 0.9

    def slots(self, unit: float) -> list[tuple[float, int]]:
        """The velocity, a geometric series of gradients."""
        return [(unit / (1 - self.momentum), 16)]

    def apply(self, update: Update) -> None:
        """Change weights and velocity."""
        _, w, g, (velocity,), work, _ = update
        velocity *= self.momentum
        velocity += g
        np.multiply(velocity, self.rate, out=work)
        w -= work


@dataclass
class Bop:
    """Binary optimizer (1906.02107): weights are signs that flip; ``rate`` is its gamma.

    ``threshold`` counts in units of the largest gradient.
    """

    rate: float = 1e-3
    threshold: float = 0.1

    def slots(self, unit: float) -> list[tuple[float, int]]:
        """The average gradient."""
        return [(unit, 16)]

    def apply(self, update: Update) -> None:
        """Change the average; flip the weights whose sign it has above the threshold."""
        _, w, g, (m,), work, unit = update
        g -= m
        g *= self.rate
        m += g
        np.multiply(m, w, out=work)  # w is +1 or -1
        np.negative(w, out=w, where=work > self.threshold * unit)


def make(name: str, rate: float | None = None, is_sign: bool = True) -> Optimizer:
    """An optimizer by name.

    Parameters
    ----------
    name
        ``adam``, ``sgd`` or ``bop``.
    rate
        Learning rate; each optimizer's own unless given.
    is_sign
        Gradients are signs. Real ones are smaller: Sgd's rate is then 0.1, Bop's threshold 1e-6.

    Raises
    ------
    ModelError
        No such optimizer, or a rate that is not positive.
    """
    if name not in NAMES:
        raise ModelError(f"expected an optimizer of {', '.join(NAMES)}, got {name!r}")
    optimizer: Optimizer = {
        "adam": SignAdam() if is_sign else Adam(),
        "sgd": Sgd() if is_sign else Sgd(rate=0.1),
        "bop": Bop() if is_sign else Bop(threshold=1e-6),
    }[name]
    if rate is not None:
        if not rate > 0:
            raise ModelError(f"expected a learning rate above 0, got {rate}")
        optimizer.rate = rate
    return optimizer
