"""Kernels as integers: an LceBconv2d's packed signs, and a first layer's 8-bit weights.

The converter emits the first layer's weights as float32; the integers are found again in them.
"""

import numpy as np
import numpy.typing as npt

from tinycl.compiler.graph import Node, constant
from tinycl.compiler.lower.symbols import Pixels
from tinycl.exceptions import CompileError

__all__ = ["binary_kernel", "integer_kernel", "zero_point"]

_TOLERANCE = 2e-5


def binary_kernel(node: Node, channels: int) -> tuple[npt.NDArray[np.bool_], int]:
    """Which weights are -1, and the number of groups.

    Parameters
    ----------
    node
        The operator; its kernel is packed, 32 channels a word, (oc, kh, kw, words).
    channels
        Of its input.

    Returns
    -------
    negative : numpy.ndarray
        Boolean (oc, kh, kw, channels / groups).
    groups : int

    Raises
    ------
    CompileError
        The kernel does not fit the input.
    """
    packed = constant(node, 1)
    oc, _, _, n = packed.shape
    words = -(-channels // 32)
    groups = words // n if n and words % n == 0 else 0
    fits = groups and oc % groups == 0 and (groups == 1 or channels % (32 * groups) == 0)
    if node.options.get("channels_in") != channels or not fits:
        raise CompileError(
            f"{node.name} has a kernel {packed.shape} that does not fit {channels} channels: "
            "convert the model again"
        )
    raw = np.ascontiguousarray(packed, "<i4").view(np.uint8)
    bits = np.unpackbits(raw, axis=-1, count=channels // groups, bitorder="little")
    return bits.astype(bool), groups


def integer_kernel(
    kernel: npt.NDArray[np.float64], name: str
) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float64]]:
    """Write each output channel as integers times one scale.

    Parameters
    ----------
    kernel
        (oc, kh, kw, c), an 8-bit kernel with batch norm folded into it, rounded to float32.
    name
        What messages call the layer.

    Returns
    -------
    integers : numpy.ndarray
        int8 in -127..127.
    scale : numpy.ndarray
        (oc,), not negative: ``kernel = integers * scale``. 1 for a channel of zeros.

    Raises
    ------
    CompileError
        No such integers exist: the kernel was not quantised to 8 bits.
    """
    oc = kernel.shape[0]
    rows = kernel.reshape(oc, -1)
    top = np.abs(rows).max(axis=1)
    integers = np.zeros(rows.shape, np.int8)
    scale = np.ones(oc)
    open_rows = top > 0
    # The largest weight is some integer n <= 127 times the scale; the smallest n that makes all
    # weights integers is taken.
    for n in range(1, 128):
        if not open_rows.any():
            break
        ratio = rows[open_rows] * (n / top[open_rows])[:, None]
        fits = np.abs(ratio - np.rint(ratio)).max(axis=1) <= _TOLERANCE * n
        found = np.flatnonzero(open_rows)[fits]
        integers[found] = np.rint(ratio[fits]).astype(np.int8)
        scale[found] = top[found] / n
        open_rows[found] = False
    if open_rows.any():
        raise CompileError(
            f"{name} has weights that are no multiples of one scale a channel "
            f"({int(open_rows.sum())} of {oc} channels): give the first layer an 8-bit kernel "
            "quantizer (tinycl.models.quantizers)"
        )
    return integers.reshape(kernel.shape), scale


def zero_point(pixels: Pixels, padded: bool, name: str) -> int:
    """Pixel value that stands for zero: what padding in the shifted image means.

    Raises
    ------
    CompileError
        It is not an integer.
    """
    if pixels.offset == 0:
        return 0
    if pixels.scale == 0:
        raise CompileError(f"{name} sees pixels multiplied by zero")
    zero = -pixels.offset / pixels.scale
    if abs(zero - round(zero)) <= 1e-4 and abs(zero) <= 255:
        return round(zero)
    if not padded:
        return 0  # nothing is padded: the offset goes into the bias
    raise CompileError(
        f"{name} pads an image whose zero lies at pixel {zero:.3f}, not at an integer: "
        "shift pixels by an integer, Rescaling(1, offset=-128)"
    )
