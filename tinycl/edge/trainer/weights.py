"""The weights of one layer, their momenta, and what a gradient does to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinycl.edge.trainer.optimizers import Bop, Optimizer, Update
from tinycl.edge.trainer.storage import Fixed, Float32, SignBits, Storage
from tinycl.edge.trainer.workspace import FloatArray, Workspace, chunks, rows_at_once

__all__ = ["RealWeights", "SignWeights", "Weights"]


class Weights:
    """(fan-in, outputs) weights, read as signs, changed by rows.

    Parameters
    ----------
    random
        Draws the initial weights: Glorot's uniform distribution, a chunk at a time.

    Attributes
    ----------
    chunk
        Rows that a layer should work on at a time, a multiple of 8.
    step
        Number of the next step, from 1.
    """

    stored: Storage
    slots: Sequence[Storage]

    def __init__(
        self,
        fan_in: int,
        units: int,
        optimizer: Optimizer,
        workspace: Workspace,
        random: np.random.Generator,
    ) -> None:
        self.fan_in, self.units = fan_in, units
        self.chunk = rows_at_once(units)
        self.step = 1
        self._optimizer = optimizer
        self._workspace = workspace
        self._store()
        limit = (6 / (fan_in + units)) ** 0.5
        for start, stop in chunks(fan_in, self.chunk):
            values = random.uniform(-limit, limit, (stop - start, units))
            self.stored.save(start, stop, values.astype(np.float32))

    def _store(self) -> None:
        """Make room for weights and momenta, and reserve working memory."""
        raise NotImplementedError

    def signs(self, start: int, stop: int, out: FloatArray) -> None:
        """Write sgn(W) of rows ``start`` to ``stop``."""
        self.stored.signs(start, stop, out)

    def gradient(self, start: int, stop: int, values: FloatArray) -> None:
        """Take the gradient of these rows, once in a step; ``values`` may be overwritten."""
        raise NotImplementedError

    def finish(self) -> None:
        """End a step."""
        self.step += 1


class SignWeights(Weights):
    """Weights and momenta in fixed point; a gradient is reduced to its sign and used at once.

    ``W <- optimizer(W, sgn(dW) / sqrt(fan-in))``, sgn(0) = +1, W clipped to -1..1, which is
    where the gradient's window ends. Rows that were read are not needed again in the step that
    brings their gradient, so each chunk is updated while it is in the cache, and no dW is kept,
    not even as bits. Under Bop the weights are bits.
    """

    def _store(self) -> None:
        shape = (self.fan_in, self.units)
        self._unit = self.fan_in**-0.5
        is_bop = isinstance(self._optimizer, Bop)
        self.stored = SignBits(*shape) if is_bop else Fixed(*shape, 1.0)
        self.slots = [Fixed(*shape, *slot) for slot in self._optimizer.slots(self._unit)]
        self._names = ["w", "work", *(f"slot {n}" for n in range(len(self.slots)))]
        for name in self._names:
            self._workspace.reserve(name, self.chunk * self.units)

    def gradient(self, start: int, stop: int, values: FloatArray) -> None:
        """Update these rows by the signs of their gradient; ``values`` are overwritten."""
        for a, b in chunks(stop - start, self.chunk):
            self._update(start + a, start + b, values[a:b])

    def _update(self, start: int, stop: int, g: FloatArray) -> None:
        w, work, *slots = [self._workspace.take(name, *g.shape) for name in self._names]
        np.multiply(g >= 0, np.float32(2 * self._unit), out=g)
        g -= self._unit
        self.stored.load(start, stop, w)
        for stored, slot in zip(self.slots, slots, strict=True):
            stored.load(start, stop, slot)
        self._optimizer.apply(Update(self.step, w, g, slots, work, self._unit))
        self.stored.save(start, stop, w)
        for stored, slot in zip(self.slots, slots, strict=True):
            stored.save(start, stop, slot)


class RealWeights(Weights):
    """Float32 weights, gradients and momenta, all kept: how a framework trains.

    A gradient is used at the end of the step. Weights are clipped to -1..1, as under Larq's
    ``weight_clip``. Under Bop they start as signs.
    """

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        if isinstance(self._optimizer, Bop):
            np.sign(self.stored.data, out=self.stored.data)

    def _store(self) -> None:
        shape = (self.fan_in, self.units)
        self.stored = Float32(*shape)
        self.slots = [Float32(*shape) for _ in self._optimizer.slots(1.0)]
        self._gradients = np.zeros(shape, np.float32)
        self._workspace.reserve("work", self.chunk * self.units)

    def gradient(self, start: int, stop: int, values: FloatArray) -> None:
        """Keep the gradient of these rows."""
        self._gradients[start:stop] = values

    def finish(self) -> None:
        """Update all weights."""
        for start, stop in chunks(self.fan_in, self.chunk):
            w, g = self.stored.data[start:stop], self._gradients[start:stop]
            slots = [slot.data[start:stop] for slot in self.slots]
            work = self._workspace.take("work", *g.shape)
            self._optimizer.apply(Update(self.step, w, g, slots, work, 1.0))
            np.clip(w, -1, 1, out=w)
        super().finish()
