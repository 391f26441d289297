"""Rules of real-valued operators: floats in, floats out; one for each kind that LCE emits."""

from collections.abc import Callable

from tinycl.compiler.graph import Node
from tinycl.compiler.lower.floats import conv, elementwise, shapes
from tinycl.compiler.lower.floats.activations import FloatActivations, Real

__all__ = ["FLOAT_RULES"]

FLOAT_RULES: dict[str, Callable[[FloatActivations, Node], Real]] = {
    "LceBconv2d": conv.bconv,
    "CONV_2D": conv.conv,
    "DEPTHWISE_CONV_2D": conv.depthwise,
    "FULLY_CONNECTED": conv.dense,
    "ADD": elementwise.arithmetic,
    "SUB": elementwise.arithmetic,
    "MUL": elementwise.arithmetic,
    "RELU": elementwise.relu,
    "RELU6": elementwise.relu,
    "RELU_N1_TO_1": elementwise.relu,
    "PRELU": elementwise.prelu,
    "NEG": elementwise.negative,
    "SIGN": elementwise.sign,
    "MAX_POOL_2D": shapes.pool,
    "AVERAGE_POOL_2D": shapes.pool,
    "MEAN": shapes.mean,
    "CONCATENATION": shapes.concatenation,
    "PAD": shapes.padding,
    "RESHAPE": shapes.reshape,
    "SOFTMAX": elementwise.softmax,
}
