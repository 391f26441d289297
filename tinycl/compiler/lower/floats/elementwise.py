"""Rules of operators that work on each value by itself, or on the channels of one place.

A rule raises CompileError, with the layer's name, for what it cannot express.
"""

import numpy as np
import numpy.typing as npt
from tinycl_rt import tcm

from tinycl.compiler.graph import Node
from tinycl.compiler.lower.floats.activations import FloatActivations, Real
from tinycl.compiler.lower.floats.operands import activation as fused
from tinycl.compiler.lower.floats.operands import numbers
from tinycl.exceptions import CompileError

__all__ = ["arithmetic", "negative", "prelu", "relu", "sign", "softmax"]


def arithmetic(floats: FloatActivations, node: Node) -> Real:
    """ADD, SUB, MUL of two tensors, or of a tensor and constants."""
    for k in (0, 1):
        value = node.inputs[k]
        if value is not None and value.data is not None:
            return _scaled(floats, node, k)
    one, two = floats.image(node, 0), floats.image(node, 1)
    if floats.shape(one) != floats.shape(two):
        raise CompileError(
            f"{node.name} combines {floats.shape(one)} and {floats.shape(two)}: "
            "tensors must have one shape"
        )
    return floats.emit(
        node,
        tcm.FLOAT_COMBINE,
        one,
        floats.shape(one),
        pad=tcm.FUNCTIONS.index(node.kind),
        activation=fused(node),
        other=two,
    )


def _scaled(floats: FloatActivations, node: Node, k: int) -> Real:
    source = floats.image(node, 1 - k)
    shape = floats.shape(source)
    number = numbers(node, k)
    if number.size not in (1, shape[2]) or (number.size > 1 and number.shape[-1] != number.size):
        raise CompileError(
            f"{node.name} has constants {number.shape} for {shape[2]} channels: use one for each "
            "channel (PReLU: shared_axes=[1, 2])"
        )
    kind = node.kind
    if kind == "SUB" and k == 0:  # c - x = x * -1 + c
        ones = np.array([-1], np.float32)
        times = tcm.FUNCTIONS.index("MUL")
        source = floats.emit(
            node, tcm.FLOAT_SCALE, source, shape, table=ones, pad=times
        ).activation
        kind = "ADD"
    return floats.emit(
        node,
        tcm.FLOAT_SCALE,
        source,
        shape,
        table=number.reshape(-1),
        pad=tcm.FUNCTIONS.index(kind),
        activation=fused(node),
    )


def relu(floats: FloatActivations, node: Node) -> Real:
    """RELU and its relatives: a product with one, and the activation."""
    source = floats.image(node)
    return floats.emit(
        node,
        tcm.FLOAT_SCALE,
        source,
        floats.shape(source),
        table=np.ones(1, np.float32),
        pad=tcm.FUNCTIONS.index("MUL"),
        activation=tcm.ACTIVATIONS.index(node.kind.lower()),
    )


def negative(floats: FloatActivations, node: Node) -> Real:
    """NEG: a product with -1."""
    return _times(floats, node, floats.image(node), -1)


def prelu(floats: FloatActivations, node: Node) -> Real:
    """PRELU: ``relu(x) - slope * relu(-x)``."""
    source = floats.image(node)
    shape, slope = floats.shape(source), numbers(node, 1)
    if slope.size != slope.shape[-1] or slope.size not in (1, shape[2]):
        raise CompileError(
            f"{node.name} has slopes {slope.shape} for {shape[2]} channels: "
            "use PReLU(shared_axes=[1, 2])"
        )
    above = _times(floats, node, source, 1, "relu")
    below = _times(floats, node, source, -1, "relu")
    below = _times(floats, node, below.activation, -slope)
    add = tcm.FUNCTIONS.index("ADD")
    sides = above.activation, below.activation
    return floats.emit(node, tcm.FLOAT_COMBINE, sides[0], shape, pad=add, other=sides[1])


def _times(
    floats: FloatActivations,
    node: Node,
    source: int,
    factor: float | npt.NDArray[np.float32],
    activation: str = "none",
) -> Real:
    """A product with one number, or one a channel."""
    return floats.emit(
        node,
        tcm.FLOAT_SCALE,
        source,
        floats.shape(source),
        table=np.atleast_1d(np.float32(factor)).reshape(-1),
        pad=tcm.FUNCTIONS.index("MUL"),
        activation=tcm.ACTIVATIONS.index(activation),
    )


def sign(floats: FloatActivations, node: Node) -> Real:
    """SIGN, 0 for 0: scaled beyond 1, the smallest float even, and cut to -1..1."""
    real = Real(floats.image(node))
    for _ in range(2):
        real = floats.emit(
            node,
            tcm.FLOAT_SCALE,
            real.activation,
            floats.shape(real.activation),
            table=np.array([2.0**127], np.float32),
            pad=tcm.FUNCTIONS.index("MUL"),
            activation=tcm.ACTIVATIONS.index("relu_n1_to_1"),
        )
    return real


def softmax(floats: FloatActivations, node: Node) -> Real:
    """SOFTMAX over the channels."""
    source = floats.image(node)
    if node.options.get("beta", 1.0) != 1.0:
        raise CompileError(f"{node.name} has beta {node.options['beta']}: use 1")
    return floats.emit(node, tcm.FLOAT_SOFTMAX, source, floats.shape(source))
