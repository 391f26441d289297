"""Rules of convolutions that make floats: binary, real-valued, depthwise, dense.

A rule raises CompileError, with the layer's name, for what it cannot express.
"""

import numpy as np
from tinycl_rt import tcm

from tinycl.compiler.graph import Node
from tinycl.compiler.ir import Window, pack_bits
from tinycl.compiler.lower.floats.activations import FloatActivations, Real
from tinycl.compiler.lower.floats.operands import activation as fused
from tinycl.compiler.lower.floats.operands import bias, numbers
from tinycl.compiler.lower.geometry import taps_inside, window_of
from tinycl.compiler.lower.groups import groups_of
from tinycl.compiler.lower.kernels import binary_kernel
from tinycl.compiler.lower.zero_padding import ZeroPadding
from tinycl.exceptions import CompileError

__all__ = ["bconv", "conv", "dense", "depthwise"]


def bconv(floats: FloatActivations, node: Node) -> Real:
    """A binary convolution that makes floats."""
    source = floats.bits(node)
    shape = floats.shape(source)
    negative, groups = binary_kernel(node, shape[2])
    oc, kh, kw, each = negative.shape
    if len(node.inputs) > 4 and node.inputs[4] is not None:
        raise CompileError(f"{node.name} makes bits where floats are read: convert it again")
    window, out = window_of(node, shape, kh, kw, oc)
    # LCE's output transform: the sum goes into the bias, in float64.
    scale = numbers(node, 2)
    full = kh * kw * each
    moved = numbers(node, 3).astype(np.float64) + full * scale.astype(np.float64)
    table = np.concatenate([-scale, moved.astype(np.float32)])
    inside = taps_inside(window, shape, out)
    pad = 1
    if inside < out[0] * out[1] * kh * kw and node.options.get("pad_values") != 1:
        weights = (1 - 2 * negative.astype(np.int8)).astype(np.int8)
        zero_padding = ZeroPadding.of(window, shape, out, weights, scale)
        pad, table = 2, np.concatenate([table, zero_padding.corrections(len(table))])
    return floats.emit(
        node,
        tcm.FLOAT_BCONV,
        source,
        out,
        window=window,
        weights=pack_bits(negative),
        table=table,
        pad=pad,
        activation=fused(node),
        macs=inside * each * oc,
        groups=groups,
        heads=2,
    )


def conv(floats: FloatActivations, node: Node) -> Real:
    """CONV_2D."""
    channels = floats.shape(floats.image(node))[2]
    kernel = numbers(node, 1)
    groups = groups_of(node, channels, kernel.shape)
    return _convolution(floats, node, tcm.FLOAT_CONV, kernel.shape[0], kernel.shape[3], groups)


def depthwise(floats: FloatActivations, node: Node) -> Real:
    """DEPTHWISE_CONV_2D."""
    return _convolution(floats, node, tcm.FLOAT_DEPTHWISE, numbers(node, 1).shape[3], 1, 1)


def _convolution(
    floats: FloatActivations, node: Node, code: int, oc: int, each: int, groups: int
) -> Real:
    """A convolution of ``oc`` outputs, each of which sums ``each`` channels of a window."""
    source = floats.image(node)
    shape = floats.shape(source)
    kernel = numbers(node, 1)
    _, kh, kw, _ = kernel.shape
    window, out = window_of(node, shape, kh, kw, oc)
    return floats.emit(
        node,
        code,
        source,
        out,
        window=window,
        weights=kernel,
        table=bias(node, 2, oc),
        activation=fused(node),
        macs=taps_inside(window, shape, out) * each * oc,
        groups=groups,
    )


def dense(floats: FloatActivations, node: Node) -> Real:
    """FULLY_CONNECTED: a convolution whose window is the whole image."""
    real = floats.real(node)
    shape = floats.shape(real.activation)
    kernel = numbers(node, 1)
    oc, n = kernel.shape
    if np.all(np.abs(kernel) == np.abs(kernel[:, :1])) and n > 1:
        raise CompileError(
            f"{node.name} has binary weights that LCE left as floats (a QuantDense): "
            "use a 1x1 QuantConv2D"
        )
    h, w, c = shape
    whole = real.flat or h * w == 1
    if n != (h * w * c if whole else c):
        raise CompileError(f"{node.name} has weights for {n} values, not for {shape}")
    return floats.emit(
        node,
        tcm.FLOAT_CONV,
        real.activation,
        (1, 1, oc) if whole else (h, w, oc),
        window=Window(h, w) if whole else Window(),
        weights=kernel,
        table=bias(node, 2, oc),
        activation=fused(node),
        macs=oc * h * w * c,
    )
