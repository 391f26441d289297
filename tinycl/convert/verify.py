"""Hold a compiled model against Larq Compute Engine's own interpreter, bit by bit."""

import struct
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from tinycl_rt import kernels_numpy

from tinycl.convert.compiler import Compiled
from tinycl.convert.ties import centre_first_biases
from tinycl.exceptions import CompileError
from tinycl.models.keras_setup import import_lce
from tinycl.simulate.latents import latents

__all__ = ["Parity", "random_pixels", "verify"]


@dataclass(frozen=True)
class Parity:
    """Result of a comparison.

    ``bits_untied`` are the bits that still differ when the first convolution's thresholds are
    moved to the middle between two integers (see ``tinycl.convert.ties``).
    """

    samples: int
    bits_checked: int
    bits_differing: int
    bits_untied: int


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
    """Run pixels through both and count the latent bits that differ.

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
    CompileError
        The interpreter cannot run the graph.
    MissingExtraError
        Larq Compute Engine is not installed.
    """
    ours = kernels_numpy.unpack(latents(compiled.model, x), compiled.model.latent_shape[2])
    differing = untied = np.count_nonzero(ours != _golden(flatbuffer, compiled, x))
    if differing and compiled.first is not None:
        centred = centre_first_biases(flatbuffer, compiled.first)
        untied = np.count_nonzero(ours != _golden(centred, compiled, x))
    return Parity(len(x), int(ours.size), int(differing), int(untied))


def _golden(
    flatbuffer: bytes, compiled: Compiled, x: npt.NDArray[np.uint8]
) -> npt.NDArray[np.float32]:
    """What LCE computes for the tensor of the latent signs, which need not be the output: +-1."""
    patched = bytearray(flatbuffer)
    struct.pack_into("<i", patched, compiled.graph.output_position, compiled.holder)
    lce = import_lce()
    try:
        interpreter = lce.testing.Interpreter(bytes(patched))
        found = np.asarray(interpreter.predict(x.astype(np.float32)))
    except Exception as error:
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        raise CompileError(f"LCE's interpreter cannot run this .tflite: {reason}") from error
    h, w, channels = compiled.model.latent_shape
    if not compiled.holder_is_packed:
        return found.reshape(len(x), h, w, channels).astype(np.float32)
    packed = np.ascontiguousarray(found.astype("<i4")).view(np.uint8)
    return kernels_numpy.unpack(packed.reshape(len(x), h, w, -1), channels)
