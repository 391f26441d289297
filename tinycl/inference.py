"""Latents of whole data sets: the board's operators, a batch at a time."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from tinycl_rt import tcm
from tinycl_rt.kernels.numpy import core as k
from tinycl_rt.kernels.numpy import floats as numpy_floats
from tinycl_rt.model.graph import Operator
from tinycl_rt.model.loader import Model

from tinycl.exceptions import DataError

__all__ = ["latents", "latents_and_outputs"]

_CHUNK_VALUES = 4_000_000


def latents(
    model: Model,
    x: npt.NDArray[np.uint8],
    progress: Callable[[int], None] | None = None,
    stop: int = -1,
) -> npt.NDArray[np.uint8]:
    """Run the binary network.

    Parameters
    ----------
    model
        A compiled model.
    x
        uint8 (N, h, w, c), as ``model.input_shape``.
    progress
        Called with the number of samples done after each chunk.
    stop
        Operator whose input is wanted: the one that counts bits unless given.

    Returns
    -------
    numpy.ndarray
        uint8 (N, h, w, bytes): packed bits, as the board holds them.

    Raises
    ------
    DataError
        The pixels have another type or shape.
    """
    return latents_and_outputs(model, x, progress, stop)[0]


def latents_and_outputs(
    model: Model,
    x: npt.NDArray[np.uint8],
    progress: Callable[[int], None] | None = None,
    stop: int = -1,
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32] | None]:
    """The latents, and float32 (N, values) of a model that was compiled with its outputs.

    Parameters are those of `latents`, and so is the DataError.
    """
    if x.dtype != np.uint8 or x.shape[1:] != model.input_shape:
        raise DataError(
            f"the model takes uint8 pixels of {model.input_shape}, got {x.dtype} of {x.shape[1:]}"
        )
    # The widest thing in flight is a convolution's columns, float32.
    widest = max(op.p[9] * op.p[10] * op.p[2] * op.p[3] * op.p[4] for op in model.operators)
    chunk = max(1, _CHUNK_VALUES // widest)
    latent = model.operators[stop].source
    h, w, c = model.tensors[latent].shape
    out = np.empty((len(x), h, w, tcm.words(c)), np.uint8)
    size = 0 if model.output is None else int(np.prod(model.tensors[model.output].shape))
    floats = np.empty((len(x), size), np.float32)
    for start in range(0, len(x), chunk):
        values = _run(model, x[start : start + chunk], stop)
        out[start : start + chunk] = values[latent]
        if model.output is not None and stop == -1:
            found = values[model.output]
            floats[start : start + chunk] = found.reshape(len(found), -1)
        if progress is not None:
            progress(min(start + chunk, len(x)))
    return out, None if model.output is None else floats


def _run(model: Model, x: npt.NDArray[np.uint8], stop: int) -> dict[int, npt.NDArray[Any]]:
    """The tensors that no operator reads afterwards: latents and outputs."""
    values: dict[int, npt.NDArray[Any]] = {0: x}
    last = {tensor: i for i, op in enumerate(model.operators) for tensor in (op.source, op.other)}
    for i, op in enumerate(model.operators[:stop]):
        source, other = values[op.source], values[op.other] if op.other else None
        if op.code == tcm.BCONV:
            values[op.target] = k.batch_bconv(op.p, source, op.weights, op.table)
        elif op.code == tcm.BPOOL:
            values[op.target] = k.batch_bpool(op.p, source, op.table)
        elif op.code == tcm.CONV8:
            values[op.target] = k.batch_conv8(op.p, source, op.weights, op.table)
        elif op.code == tcm.BINARISE:
            values[op.target] = k.batch_binarise(op.p, source, op.table)
        elif op.code >= tcm.TAKE:
            values[op.target] = _moved(op, source, other)
        else:
            values[op.target] = numpy_floats.batch(op, source, other)
        for tensor in {op.source, op.other}:
            if last[tensor] == i and tensor != model.output:
                values.pop(tensor, None)
    return values


def _moved(op: Operator, x: npt.NDArray[Any], z: npt.NDArray[Any] | None) -> npt.NDArray[Any]:
    """The operators of ``tinycl_rt.model.channels`` on N samples."""
    _, _, c, _, _, _, _, _, _, _, _, count, _, first, _ = op.p
    if op.code == tcm.TAKE:
        return x[..., first // 8 : first // 8 + tcm.words(count)]
    if op.code == tcm.FLOAT_TAKE:
        return x[..., first : first + count]
    if op.code == tcm.MIRROR:
        return x[:, :, ::-1]
    assert z is not None
    if op.code == tcm.STACK:
        return np.stack([x, z], axis=2).reshape(len(x), -1, *x.shape[2:])
    if op.code == tcm.FLOAT_JOIN:
        return np.concatenate([x, z], axis=-1)
    signs = k.unpack(x, c), k.unpack(z, count - c)
    return k.pack(np.concatenate(signs, axis=-1) < 0)
