"""Beta of a batch norm: a float32 vector that Adam trains."""

from __future__ import annotations

import numpy as np

from tinycl.edge.trainer.optimizers import Adam
from tinycl.edge.trainer.scratch import Floats

__all__ = ["Offset"]


class Offset:
    """One number a channel, added after normalising.

    Attributes
    ----------
    beta
        float32 (channels,).
    """

    def __init__(self, channels: int) -> None:
        self.beta: Floats = np.zeros(channels, np.float32)
        self.slots = [np.zeros(channels, np.float32) for _ in range(2)]
        self.step = 1
        self.adam = Adam()

    def update(self, gradient: Floats) -> None:
        """One step of Adam; ``gradient`` is spoilt."""
        self.adam.apply(self.step, self.beta, gradient, self.slots, np.empty_like(self.beta), 1.0)
        self.step += 1
