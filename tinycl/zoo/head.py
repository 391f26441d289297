"""The head that a backbone was trained with, in int8: what its test accuracy is measured with."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from tinycl_rt.kernels.numpy.core import batch_sum_pool
from tinycl_rt.model.loader import Model

from tinycl.inference import latents
from tinycl.zoo.catalogue import part

__all__ = ["TrainedHead", "head"]

_LEVELS = 127


@dataclass(frozen=True)
class TrainedHead:
    """A linear classifier of int8 weights over a board's features.

    Attributes
    ----------
    weights
        int8 (features, classes): the trained weights in steps of the largest, over 127.
    bias
        int32 (classes,), in the steps of features times weights.
    """

    weights: npt.NDArray[np.int8]
    bias: npt.NDArray[np.int32]

    @classmethod
    def quantised(
        cls, kernel: npt.NDArray[np.float32], bias: npt.NDArray[np.float32]
    ) -> TrainedHead:
        """From float weights (features, classes) over sums of latents, and their bias."""
        step = float(np.abs(kernel).max()) / _LEVELS
        weights = np.rint(kernel / step).astype(np.int8)
        return cls(weights, np.rint(bias / step).astype(np.int32))

    def predict(self, model: Model, x: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
        """Classes (N,) of pixels (N, h, w, c); DataError for pixels of another shape."""
        features = batch_sum_pool(model.operators[-1].p, latents(model, x))
        scores = features.astype(np.int32) @ self.weights.astype(np.int32) + self.bias
        return scores.argmax(axis=1)

    def as_bytes(self) -> bytes:
        """A compressed .npz file of ``weights`` and ``bias``."""
        buffer = io.BytesIO()
        np.savez_compressed(buffer, weights=self.weights, bias=self.bias)
        return buffer.getvalue()


def head(name: str) -> TrainedHead:
    """The head that comes with a backbone of the zoo; DataError if there is none of that name."""
    with np.load(io.BytesIO(part(name, "npz")), allow_pickle=False) as arrays:
        return TrainedHead(arrays["weights"], arrays["bias"])
