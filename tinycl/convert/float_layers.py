"""Rules of real-valued operators: floats in, floats out; one for each kind that LCE emits."""

from collections.abc import Callable

from tinycl.convert import float_conv, float_elementwise, float_shapes
from tinycl.convert.floats import Floats, Real
from tinycl.convert.graph import Node

__all__ = ["FLOAT_RULES"]

FLOAT_RULES: dict[str, Callable[[Floats, Node], Real]] = {
    "LceBconv2d": float_conv.bconv,
    "CONV_2D": float_conv.conv,
    "DEPTHWISE_CONV_2D": float_conv.depthwise,
    "FULLY_CONNECTED": float_conv.dense,
    "ADD": float_elementwise.arithmetic,
    "SUB": float_elementwise.arithmetic,
    "MUL": float_elementwise.arithmetic,
    "RELU": float_elementwise.relu,
    "RELU6": float_elementwise.relu,
    "RELU_N1_TO_1": float_elementwise.relu,
    "PRELU": float_elementwise.prelu,
    "NEG": float_elementwise.negative,
    "SIGN": float_elementwise.sign,
    "MAX_POOL_2D": float_shapes.pool,
    "AVERAGE_POOL_2D": float_shapes.pool,
    "MEAN": float_shapes.mean,
    "CONCATENATION": float_shapes.concatenation,
    "PAD": float_shapes.padding,
    "RESHAPE": float_shapes.reshape,
    "SOFTMAX": float_elementwise.softmax,
}
