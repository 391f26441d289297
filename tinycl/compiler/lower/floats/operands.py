"""What real-valued operators are given besides tensors: constants, biases, activations."""

import numpy as np
import numpy.typing as npt
from tinycl_rt import tcm

from tinycl.compiler.graph import Node, constant
from tinycl.exceptions import CompileError

__all__ = ["activation", "bias", "numbers"]


def numbers(node: Node, index: int) -> npt.NDArray[np.float32]:
    """A constant input; CompileError when it is missing or not finite."""
    data = constant(node, index).astype(np.float32)
    if not np.all(np.isfinite(data)):
        raise CompileError(f"{node.name} has constants that are not finite: train the model again")
    return data


def bias(node: Node, index: int, channels: int) -> npt.NDArray[np.float32]:
    """A constant input that may be left out: zeros."""
    if index >= len(node.inputs) or node.inputs[index] is None:
        return np.zeros(channels, np.float32)
    return numbers(node, index)


def activation(node: Node) -> int:
    """Index into ``tcm.ACTIVATIONS`` of what the operator applies; CompileError: unknown."""
    kind = node.options.get("activation", "none")
    if kind not in tcm.ACTIVATIONS:
        raise CompileError(f"{node.name} applies {kind}: use ReLU or none")
    return tcm.ACTIVATIONS.index(kind)
