"""The packed weights of an LceBconv2d."""

import numpy as np
import numpy.typing as npt

from tinycl.compiler.graph import Node
from tinycl.compiler.lower.integer_tflite import constant
from tinycl.exceptions import CompileError

__all__ = ["binary_kernel"]


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
