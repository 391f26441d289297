"""One layer of a network: weights, pooling, batch norm with sign."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tinycl.edge.trainer.conv import Conv
from tinycl.edge.trainer.dense import Dense
from tinycl.edge.trainer.norm import L1Norm
from tinycl.edge.trainer.pool import MaxPool
from tinycl.edge.trainer.saved_activations import Inputs
from tinycl.edge.trainer.standard import L2Norm
from tinycl.edge.trainer.workspace import SwapBuffers

__all__ = ["TrainedLayer"]


@dataclass
class TrainedLayer:
    """Weights, then pooling if there is any, then batch norm.

    Attributes
    ----------
    elements, pooled
        Of one sample, behind the weights and behind the pooling.
    dtype
        In which Y, dY and the dX of the layer behind are held.
    """

    op: Dense | Conv
    pool: MaxPool | None
    norm: L1Norm | L2Norm
    elements: int
    pooled: int
    dtype: npt.DTypeLike

    def forward(
        self, x: Inputs, count: int, buffers: SwapBuffers, is_training: bool
    ) -> npt.NDArray[np.floating]:
        """Run ``count`` samples; return Xn, which only a last layer writes."""
        y = buffers.first(count, self.elements, self.dtype)
        self.op.forward(x, y)
        if self.pool:
            pooled = buffers.second(count, self.pooled, self.dtype)
            self.pool.forward(y, pooled)
            buffers.swap()
            y = pooled
        (self.norm.forward if is_training else self.norm.infer)(y)
        return y

    def backward(
        self, x: Inputs, count: int, buffers: SwapBuffers, scale: float, below: TrainedLayer | None
    ) -> None:
        """Turn dXn of this layer, first in ``buffers``, into that of the layer below; update."""
        d = buffers.first(count, self.pooled, self.dtype)
        self.norm.backward(d, scale)
        if self.pool:
            whole = buffers.second(count, self.elements, self.dtype)
            self.pool.backward(d, whole)
            buffers.swap()
            d = whole
        self.op.backward(x, d, buffers.second(count, below.pooled, below.dtype) if below else None)
        buffers.swap()
