"""What a compiled model makes of pixels: latents as -1 and +1, features, float outputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from tinycl_rt.kernels.numpy import core as numpy_kernels
from tinycl_rt.model.loader import Model

from tinycl.compiler.compiler import read_metadata
from tinycl.exceptions import BoardError
from tinycl.inference import latents_and_outputs
from tinycl.link.client import BoardClient

__all__ = ["Outputs", "on_board", "on_this_computer"]


@dataclass(frozen=True)
class Outputs:
    """Outputs for N samples.

    Attributes
    ----------
    features : numpy.ndarray
        int8 (N, features): rows, columns and channels of cells, in this order.
    latents : numpy.ndarray
        int8 (N, h, w, c): -1 and +1.
    floats : numpy.ndarray or None
        float32 (N, ...), as Larq Compute Engine shapes it, of a model compiled with its float
        outputs.
    """

    features: npt.NDArray[np.int8]
    latents: npt.NDArray[np.int8]
    floats: npt.NDArray[np.float32] | None = None


def on_this_computer(
    model: Model, x: npt.NDArray[np.uint8], progress: Callable[[int], None] | None = None
) -> Outputs:
    """Outputs by the numpy kernels; `progress` is called with the number of samples done.

    Raises
    ------
    DataError
        The pixels have another type or shape than the model's input.
    """
    packed, floats = latents_and_outputs(model, x, progress)
    features = numpy_kernels.batch_sum_pool(model.operators[-1].p, packed)
    return Outputs(features, _signs(packed, model), _shaped(floats, model))


def on_board(
    client: BoardClient,
    model: Model,
    x: npt.NDArray[np.uint8],
    progress: Callable[[int], None] | None = None,
) -> Outputs:
    """Outputs of the board at the other end; parameters as of ``on_this_computer``.

    Raises
    ------
    BoardError
        The board's model is another one, or its head has weights of fewer than 8 bits: then its
        features have fewer bits than the model's.
    LinkError
        The board went away.
    """
    info = client.info()
    if info.fingerprint != model.fingerprint.hex():
        raise BoardError(f"{client.name}: there is another model on this board")
    if info.config is not None and (1 << (info.config.qf - 1)) - 1 < model.feature_range:
        raise BoardError(
            f"{client.name}: this board's head takes features of {info.config.qf} bits, fewer "
            "than the model's; reset it with qf 8, or take another board"
        )
    features = np.empty((len(x), model.features), np.int8)
    packed = np.empty((len(x), model.latent_bytes), np.uint8)
    values = 0 if model.output is None else model.tensors[model.output].nbytes // 4
    floats = np.empty((len(x), values), np.float32)
    for i, found in enumerate(client.outputs_many(x, values)):
        packed[i], features[i], floats[i] = found
        if progress is not None:
            progress(i + 1)
    return Outputs(features, _signs(packed, model), _shaped(floats if values else None, model))


def _signs(packed: npt.NDArray[np.uint8], model: Model) -> npt.NDArray[np.int8]:
    h, w, c = model.latent_shape
    cells = np.ascontiguousarray(packed).reshape(len(packed), h, w, -1)
    return numpy_kernels.unpack(cells, c).astype(np.int8)


def _shaped(
    floats: npt.NDArray[np.float32] | None, model: Model
) -> npt.NDArray[np.float32] | None:
    """The outputs in the shape that they have in the graph; (N, values) if nothing says it."""
    if floats is None:
        return None
    shape = read_metadata(model).get("output_shape")
    if isinstance(shape, list) and np.prod(shape) == floats.shape[1]:
        return floats.reshape(len(floats), *shape)
    return floats
