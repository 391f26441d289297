"""A binary convolution of odd square kernel, stride 1."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tinycl.edge.trainer.saved_activations import Inputs
from tinycl.edge.trainer.weights import Weights
from tinycl.edge.trainer.workspace import FloatArray, Workspace, chunks, saturated
from tinycl.models.networks import LayerShape

__all__ = ["Conv"]

_COLUMNS = 1 << 19
"""Elements of the patches that are unfolded at a time, unless one sample has more."""

Values = npt.NDArray[np.floating]


class Conv:
    """``Y = Xb * Wb``, a few samples at a time, as a product of patches and weights.

    Weights are (kernel row, kernel column, channel) by output channel. Padding, where there is
    any, adds zeros.
    """

    def __init__(
        self, shape: LayerShape, weights: Weights, batch: int, workspace: Workspace
    ) -> None:
        self.weights = weights
        self._workspace = workspace
        self._in, self._out = shape.inputs, shape.outputs
        height, width, channels = shape.inputs
        self._side = round((shape.fan_in / channels) ** 0.5)
        self._pad = (shape.outputs[0] - height + self._side - 1) // 2
        self._padded = (height + 2 * self._pad, width + 2 * self._pad, channels)
        positions = shape.outputs[0] * shape.outputs[1]
        self._samples = min(batch, max(1, _COLUMNS // (positions * shape.fan_in)))
        workspace.reserve("x", self._samples * height * width * channels)
        workspace.reserve("padded", self._samples * int(np.prod(self._padded)))
        workspace.reserve("patches", self._samples * positions * shape.fan_in)
        workspace.reserve("sum", self._samples * positions * weights.units)
        for name in ("signs", "dw", "dw part"):
            workspace.reserve(name, shape.fan_in * weights.units)

    def forward(self, x: Inputs, y: Values) -> None:
        """Write (samples, positions * units) sums into ``y``."""
        signs = self._signs()
        for start, stop in chunks(len(y), self._samples):
            patches = self._unfold(x, start, stop)
            total = self._workspace.take("sum", len(patches), self.weights.units)
            y[start:stop] = np.matmul(patches, signs, out=total).reshape(stop - start, -1)

    def backward(self, x: Inputs, dy: Values, dx: Values | None) -> None:
        """Write (samples, elements) into ``dx``, if there is one, and update the weights."""
        signs = self._signs()
        dw = self._workspace.take("dw", *signs.shape)
        part = self._workspace.take("dw part", *signs.shape)
        dw[...] = 0
        for start, stop in chunks(len(dy), self._samples):
            patches = self._unfold(x, start, stop)
            errors = self._workspace.take("sum", len(patches), self.weights.units)
            errors[...] = dy[start:stop].reshape(errors.shape)
            dw += np.matmul(patches.T, errors, out=part)
            if dx is not None:
                np.matmul(errors, signs.T, out=patches)
                dx[start:stop] = saturated(self._fold(patches, stop - start), dx.dtype)
        self.weights.gradient(0, len(dw), dw)
        self.weights.finish()

    def _signs(self) -> FloatArray:
        signs = self._workspace.take("signs", self.weights.fan_in, self.weights.units)
        self.weights.signs(0, len(signs), signs)
        return signs

    def _unfold(self, x: Inputs, start: int, stop: int) -> FloatArray:
        """Patches (samples * positions, fan-in) of some samples."""
        count, pad = stop - start, self._pad
        height, width, channels = self._in
        padded = self._workspace.take("padded", count, *self._padded)
        if pad:
            padded[...] = 0
            flat = self._workspace.take("x", count, height * width * channels)
            x.samples(start, stop, flat)
            padded[:, pad:-pad, pad:-pad] = flat.reshape(count, *self._in)
        else:
            x.samples(start, stop, padded.reshape(count, -1))
        patches = self._patches(count)
        for i in range(self._side):
            for j in range(self._side):
                patches[:, :, :, i, j] = self._shifted(padded, i, j)
        return patches.reshape(-1, self.weights.fan_in)

    def _fold(self, patches: FloatArray, count: int) -> FloatArray:
        """Add what all patches say of an element: (samples, elements)."""
        pad, shape = self._pad, (count, *self._out[:2], self._side, self._side, self._in[2])
        padded = self._workspace.take("padded", count, *self._padded)
        padded[...] = 0
        folded = patches.reshape(shape)
        for i in range(self._side):
            for j in range(self._side):
                inner = self._shifted(padded, i, j)
                inner += folded[:, :, :, i, j]
        inner = padded[:, pad:-pad, pad:-pad] if pad else padded
        return inner.reshape(count, -1)

    def _patches(self, count: int) -> FloatArray:
        kernel = (self._side, self._side, self._in[2])
        return self._workspace.take("patches", count, *self._out[:2], *kernel)

    def _shifted(self, padded: FloatArray, i: int, j: int) -> FloatArray:
        height, width, _ = self._out
        return padded[:, i : i + height, j : j + width]
