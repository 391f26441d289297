"""A fully connected binary layer."""

from __future__ import annotations

import numpy as np

from tinycl.edge.trainer.saved_activations import Inputs
from tinycl.edge.trainer.weights import Weights
from tinycl.edge.trainer.workspace import FloatArray, Workspace, chunks, saturated

__all__ = ["Dense"]


class Dense:
    """``Y = Xb . Wb``; ``dX = dY . Wb^T``, ``dW = Xb^T . dY``.

    Both directions walk through the weights once, a few rows at a time; the backward pass
    updates the rows it leaves.
    """

    def __init__(self, weights: Weights, batch: int, workspace: Workspace) -> None:
        self.weights = weights
        self._workspace = workspace
        workspace.reserve("signs", weights.chunk * weights.units)
        workspace.reserve("dw", weights.chunk * weights.units)
        workspace.reserve("x", weights.chunk * batch)
        workspace.reserve("sum", batch * max(weights.units, weights.chunk))

    def forward(self, x: Inputs, y: FloatArray) -> None:
        """Write (samples, units) sums into ``y``."""
        y[...] = 0
        part = self._workspace.take("sum", *y.shape)
        for start, stop in self._chunks():
            xs, signs = self._load(x, start, stop, len(y))
            y += np.matmul(xs, signs, out=part)

    def backward(self, x: Inputs, dy: FloatArray, dx: FloatArray | None) -> None:
        """Write (samples, fan-in) into ``dx``, if there is one, and update the weights."""
        for start, stop in self._chunks():
            xs, signs = self._load(x, start, stop, len(dy))
            if dx is not None:
                part = self._workspace.take("sum", len(dy), stop - start)
                dx[:, start:stop] = saturated(np.matmul(dy, signs.T, out=part), dx.dtype)
            dw = self._workspace.take("dw", *signs.shape)
            self.weights.gradient(start, stop, np.matmul(xs.T, dy, out=dw))
        self.weights.finish()

    def _chunks(self) -> list[tuple[int, int]]:
        return chunks(self.weights.fan_in, self.weights.chunk)

    def _load(
        self, x: Inputs, start: int, stop: int, samples: int
    ) -> tuple[FloatArray, FloatArray]:
        signs = self._workspace.take("signs", stop - start, self.weights.units)
        self.weights.signs(start, stop, signs)
        xs = self._workspace.take("x", samples, stop - start)
        x.columns(start, stop, xs)
        return xs, signs
