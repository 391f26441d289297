"""Compare a compiled model with Larq Compute Engine's own interpreter: every bit, every float."""

import struct
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from tinycl_rt import tcm
from tinycl_rt.kernels.numpy import core as numpy_kernels

from tinycl.compiler.compiler import Compiled
from tinycl.compiler.lce_interpreter import LceInterpreter
from tinycl.compiler.thresholds import centre_first_biases
from tinycl.inference import latents_and_outputs

__all__ = ["Parity", "elementwise_error", "random_pixels", "relative_error", "verify"]


@dataclass(frozen=True)
class Parity:
    """Result of a comparison.

    ``bits_untied`` are the bits that still differ when the first convolution's thresholds are
    moved to the middle between two integers (see ``tinycl.compiler.thresholds``).
    ``max_relative_error`` (see ``relative_error``) and ``max_elementwise_error`` (see
    ``elementwise_error``) are None for a model without float outputs.
    """

    samples: int
    bits_checked: int
    bits_differing: int
    bits_untied: int
    max_relative_error: float | None = None
    max_elementwise_error: float | None = None


def random_pixels(n: int, shape: tuple[int, ...], seed: int = 0) -> npt.NDArray[np.uint8]:
    """Pixels of all kinds: noise, flat images, gradients; (n, *shape) uint8."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 256, (n, *shape), dtype=np.uint8)
    for i in range(1, n, 2):
        low, high = np.sort(rng.integers(0, 256, 2))
        ramp = np.linspace(low, high, int(np.prod(shape))).reshape(shape)
        x[i] = np.clip(ramp + rng.normal(0, rng.integers(1, 40), shape), 0, 255)
    return x


def verify(flatbuffer: bytes, compiled: Compiled, x: npt.NDArray[np.uint8]) -> Parity:
    """Run pixels through both; count the latent bits that differ, and compare float outputs.

    Parameters
    ----------
    flatbuffer
        The .tflite that was compiled.
    compiled
        What it was compiled to.
    x
        uint8 (N, h, w, c).

    Raises
    ------
    ModelError
        The interpreter cannot run the graph.
    DataError
        The pixels are not of the model's shape.
    MissingExtraError
        Larq Compute Engine is not installed.
    """
    packed, outputs = latents_and_outputs(compiled.model, x)
    ours = numpy_kernels.unpack(packed, compiled.model.latent_shape[2])
    differing = untied = np.count_nonzero(ours != _signs_by_lce(flatbuffer, compiled, x))
    if differing and compiled.first is not None:
        centred = centre_first_biases(flatbuffer, compiled.first)
        untied = np.count_nonzero(ours != _signs_by_lce(centred, compiled, x))
    bits = (len(x), int(ours.size), int(differing), int(untied))
    if outputs is None:
        return Parity(*bits)
    theirs = LceInterpreter(flatbuffer).run(x).reshape(outputs.shape)
    return Parity(*bits, relative_error(outputs, theirs), elementwise_error(outputs, theirs))


def relative_error(ours: npt.NDArray[np.float32], theirs: npt.NDArray[np.float32]) -> float:
    """The largest error of any output: ``max|ours - theirs| / max|theirs|``, sample by sample.

    Each error is divided by the largest output of its own sample: float32 cannot tell a sum
    that cancels from zero, so an error relative to the single value would say nothing of it.

    Parameters
    ----------
    ours, theirs
        float32 (N, values).
    """
    size = np.abs(theirs.astype(np.float64)).max(axis=1)
    error = np.abs(ours.astype(np.float64) - theirs).max(axis=1)
    return float(np.divide(error, size, out=error, where=size > 0).max())


def elementwise_error(ours: npt.NDArray[np.float32], theirs: npt.NDArray[np.float32]) -> float:
    """The largest error of any output relative to its own value, of those that are not small.

    Errors of values below a hundredth of their sample's largest are divided by that hundredth.
    Parameters are those of ``relative_error``.
    """
    size = np.abs(theirs.astype(np.float64))
    size = np.maximum(size, size.max(axis=1, keepdims=True) / 100)
    error = np.abs(ours.astype(np.float64) - theirs)
    return float(np.divide(error, size, out=error, where=size > 0).max())


def _signs_by_lce(
    flatbuffer: bytes, compiled: Compiled, x: npt.NDArray[np.uint8]
) -> npt.NDArray[np.float32]:
    """What LCE computes for the tensor of the latent signs, which need not be the output: +-1."""
    h, w, channels = compiled.model.latent_shape
    if compiled.mirrored:
        one = replace(compiled, mirrored=False)
        pair = [
            _signs_by_lce(flatbuffer, one, np.ascontiguousarray(i)) for i in (x, x[:, :, ::-1])
        ]
        return np.stack(pair, axis=2).reshape(len(x), h, w, channels)
    patched = bytearray(flatbuffer)
    struct.pack_into("<i", patched, compiled.graph.output_position, compiled.sign_tensor)
    found = LceInterpreter(bytes(patched)).run(x)
    if not compiled.sign_tensor_is_packed:
        return found.reshape(len(x), -1, w, channels).astype(np.float32)
    packed = np.ascontiguousarray(found.astype("<i4")).view(np.uint8)
    return numpy_kernels.unpack(packed.reshape(len(x), -1, w, tcm.words(channels)), channels)
