"""Train a network of binary layers from workspace, in little memory, with numpy alone.

>>> import numpy as np
>>> from tinycl.models.networks import Network, dense
>>> from tinycl.edge.trainer import Trainer
>>> trainer = Trainer(Network("n", (4, 4, 1), (dense(16), dense(2))), batch=8, seed=0)
>>> x = np.random.default_rng(0).integers(0, 256, (8, 4, 4, 1), np.uint8)
>>> losses = [trainer.step(x, x[:, 0, 0, 0] > 127) for _ in range(50)]
>>> losses[-1] < losses[0]
True
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from tinycl.edge.memory import METHODS
from tinycl.edge.trainer.conv import Conv
from tinycl.edge.trainer.dense import Dense
from tinycl.edge.trainer.layer import TrainedLayer
from tinycl.edge.trainer.loss import softmax_loss
from tinycl.edge.trainer.norm import L1Norm
from tinycl.edge.trainer.optimizers import make
from tinycl.edge.trainer.pool import MaxPool
from tinycl.edge.trainer.saved_activations import Bits, Inputs, Pixels, RealFlags
from tinycl.edge.trainer.standard import L2Norm
from tinycl.edge.trainer.weights import RealWeights, SignWeights
from tinycl.edge.trainer.workspace import SwapBuffers, Workspace
from tinycl.exceptions import DataError, ModelError
from tinycl.models.networks import LayerShape, Network

__all__ = ["Trainer"]

_SCALE = 16.0
"""A sample's gradient is that of its own loss times this: errors stay far from both ends of
float16 (in CNV their median is 0.01 to 1). Signs do not change, beta's gradient is scaled back."""


class Trainer:
    """A network in training; all memory is allocated when it is made.

    Parameters
    ----------
    network
        Its layers; `tinycl.models.networks.NETWORKS` has some.
    batch
        Most samples of a step.
    method
        ``low-memory``: activations and gradients of weights as bits, weights and momenta as 16
        bits, convolutions' sums and errors as float16. ``standard``: everything float32.
    optimizer
        ``adam``, ``sgd`` or ``bop``.
    rate
        Learning rate; the optimizer's own unless given.
    seed
        Of the initial weights.

    Raises
    ------
    ModelError
        A setting that is none of these.
    """

    def __init__(
        self,
        network: Network,
        batch: int = 100,
        method: str = "low-memory",
        optimizer: str = "adam",
        rate: float | None = None,
        seed: int = 0,
    ) -> None:
        if method not in METHODS:
            raise ModelError(f"expected a method of {', '.join(METHODS)}, got {method!r}")
        if batch < 1:
            raise ModelError(f"expected a batch of at least 1 sample, got {batch}")
        self.network, self.batch = network, batch
        self._is_low = method == "low-memory"
        self.optimizer = make(optimizer, rate, is_sign=self._is_low)
        self._workspace = Workspace()
        self._random = np.random.default_rng(seed)
        shapes = network.shapes()
        self.layers = [self._layer(shape, shape is shapes[-1]) for shape in shapes]
        self._buffers = SwapBuffers(
            max(batch * layer.elements * np.dtype(layer.dtype).itemsize for layer in self.layers)
        )

    def step(self, x: npt.NDArray[np.generic], y: npt.NDArray[np.generic]) -> float:
        """Learn one batch.

        Parameters
        ----------
        x
            (samples, ...) uint8 pixels, which are scaled to -1..1, or floats, taken as they are.
        y
            (samples,) classes.

        Returns
        -------
        float
            Mean cross-entropy before the step.

        Raises
        ------
        DataError
            Samples of another size, too many, or labels that do not fit.
        """
        inputs, labels = self._check(x), np.asarray(y).astype(np.int64)
        classes = self.network.layers[-1].units
        if labels.shape != (len(x),) or labels.min() < 0 or labels.max() >= classes:
            raise DataError(f"expected {len(x)} labels of 0..{classes - 1}, got {np.shape(y)}")
        logits = self._forward(inputs, len(x), True)
        scale = _SCALE * len(x)
        loss = softmax_loss(logits, labels, scale)
        for index in reversed(range(len(self.layers))):
            below = self.layers[index - 1] if index else None
            source: Inputs = below.norm.output if below else inputs
            self.layers[index].backward(source, len(x), self._buffers, scale, below)
        return loss

    def logits(self, x: npt.NDArray[np.generic]) -> npt.NDArray[np.float32]:
        """Outputs (samples, classes) for any number of samples, by the moving averages."""
        parts = [x[start : start + self.batch] for start in range(0, len(x), self.batch)]
        return np.concatenate(
            [self._forward(self._check(part), len(part), False).copy() for part in parts]
        )

    def predict(self, x: npt.NDArray[np.generic]) -> npt.NDArray[np.int64]:
        """Classes (samples,) for any number of samples."""
        return self.logits(x).argmax(axis=1)

    def state(self) -> dict[str, npt.NDArray[np.generic]]:
        """All that a later run needs, by name: the arrays themselves, not copies."""
        state: dict[str, npt.NDArray[np.generic]] = {}
        for shape, layer in zip(self.network.shapes(), self.layers, strict=True):
            weights, norm = layer.op.weights, layer.norm
            state[f"{shape.name}/weights"] = weights.stored.data
            for number, slot in enumerate(weights.slots):
                state[f"{shape.name}/slot{number}"] = slot.data
            for number, moment in enumerate(norm.beta.slots):
                state[f"{shape.name}/beta slot{number}"] = moment
            state[f"{shape.name}/beta"] = norm.beta.values
            state[f"{shape.name}/mu"], state[f"{shape.name}/psi"] = norm.mu, norm.psi
        state["steps"] = np.array(self.layers[0].op.weights.step)
        return state

    def restore(self, state: dict[str, npt.NDArray[np.generic]]) -> None:
        """Go on from what `state` gave, or from a copy of it.

        Raises
        ------
        DataError
            The state is of another network, method or optimizer.
        """
        own = self.state()
        if own.keys() != state.keys():
            raise DataError(f"expected a state with {sorted(own)}, got {sorted(state)}")
        for name, values in own.items():
            if values.shape != state[name].shape or values.dtype != state[name].dtype:
                raise DataError(
                    f"{name}: expected {values.dtype} {values.shape}, "
                    f"got {state[name].dtype} {state[name].shape}"
                )
        for name, values in own.items():
            values[...] = state[name]
        for layer in self.layers:
            layer.op.weights.step = layer.norm.beta.step = int(state["steps"])

    def _forward(self, inputs: Inputs, count: int, is_training: bool) -> npt.NDArray[np.float32]:
        out: npt.NDArray[Any] = np.empty(0)
        for layer in self.layers:
            out = layer.forward(inputs, count, self._buffers, is_training)
            inputs = layer.norm.output
        return out

    def _check(self, x: npt.NDArray[np.generic]) -> Pixels:
        size = prod(self.network.input_shape)
        if not 1 <= len(x) <= self.batch or prod(x.shape[1:]) != size:
            raise DataError(
                f"expected 1 to {self.batch} samples of {size} elements, got shape {x.shape}"
            )
        return Pixels(x)

    def _layer(self, shape: LayerShape, is_last: bool) -> TrainedLayer:
        kind = SignWeights if self._is_low else RealWeights
        weights = kind(
            shape.fan_in, shape.outputs[2], self.optimizer, self._workspace, self._random
        )
        op: Dense | Conv
        if shape.kind == "dense":
            op = Dense(weights, self.batch, self._workspace)
        else:
            op = Conv(shape, weights, self.batch, self._workspace)
        pool, elements = None, prod(shape.outputs)
        if shape.pool > 1:
            mask = (Bits if self._is_low else RealFlags)(self.batch, elements)
            pool = MaxPool(shape.outputs, shape.pool, mask)
        height, width, channels = shape.pooled
        norm_kind = L1Norm if self._is_low else L2Norm
        norm = norm_kind(height * width, channels, self.batch, is_last, self._workspace)
        dtype = np.float16 if self._is_low and shape.kind == "conv" else np.float32
        return TrainedLayer(op, pool, norm, elements, prod(shape.pooled), dtype)
