"""Lowering rules of LCE's operators.

A rule raises CompileError, with the layer's name, for what it cannot express.
"""

from collections.abc import Callable

import numpy as np
from tinycl_rt import tcm

from tinycl.compiler.graph import Node, constant
from tinycl.compiler.lower.builder import Builder
from tinycl.compiler.lower.chain import Chain, FloatArray, Numbers
from tinycl.compiler.lower.geometry import taps_inside, window_of
from tinycl.compiler.lower.integer_tflite import fused, pixel_chain
from tinycl.compiler.lower.kernels import binary_kernel
from tinycl.compiler.lower.symbols import Accumulator, Bits, Pixels, Symbol
from tinycl.compiler.lower.zero_padding import ZeroPadding
from tinycl.exceptions import CompileError

__all__ = ["bconv", "bmax_pool", "dequantize", "quantize"]


def bconv(builder: Builder, node: Node, symbol: Symbol) -> Symbol:
    """A binary convolution: bit-packed output with thresholds, or floats with scale and bias."""
    source = _bits(node, symbol)
    shape = builder.shape(source.activation)
    negative, groups = binary_kernel(node, shape[2])
    oc, kh, kw, c = negative.shape
    window, out = window_of(node, shape, kh, kw, oc)
    has_thresholds = len(node.inputs) > 4 and node.inputs[4] is not None
    full = kh * kw * c
    bound = np.full(oc, full, np.int64)
    start = _thresholded(node, full) if has_thresholds else _scaled(node, full)
    weights = (1 - 2 * negative.astype(np.int8)).astype(np.int8)
    inside = taps_inside(window, shape, out)
    padded = inside < out[0] * out[1] * kh * kw
    pad = 1 if node.options.get("pad_values") == 1 else 0
    if padded and not pad and has_thresholds:
        raise CompileError(f"{node.name} pads with zeros and makes bits: convert the model again")
    accumulator = Accumulator(
        tcm.BCONV,
        source.activation,
        window,
        weights,
        out,
        Chain(-bound, bound, start),
        node.name,
        inside * c * oc,
        pad=pad,
        groups=groups,
    )
    if padded and not pad:
        scale = constant(node, 2).astype(np.float32)
        accumulator.zero_padding = ZeroPadding.of(window, shape, out, weights, scale)
    return builder.sign(node, accumulator) if has_thresholds else accumulator


def _thresholded(node: Node, full: int) -> Callable[[Numbers], FloatArray]:
    # LCE sets the bit where its count of differing bits, (full - acc) / 2, exceeds the threshold.
    threshold = constant(node, 4).astype(np.int64)
    return lambda acc: np.where(full - acc > 2 * threshold, -1, 1).astype(np.float32)


def _scaled(node: Node, full: int) -> Callable[[Numbers], FloatArray]:
    """LCE's output transform: the sum goes into the bias, in float64, before float32 takes over.

    Source: ``OneTimeSetup`` of LCE 0.16's bconv2d.
    """
    scale = constant(node, 2).astype(np.float32)
    bias = constant(node, 3).astype(np.float64)
    moved = (bias + full * scale.astype(np.float64)).astype(np.float32)
    clamp = fused(node)

    def transform(acc: Numbers) -> FloatArray:
        value = acc.astype(np.float32)
        if clamp is not None:
            value = clamp(value)
        return ((np.float32(full) - value) * -scale + moved).astype(np.float32)

    return transform


def bmax_pool(builder: Builder, node: Node, symbol: Symbol) -> Symbol:
    """Max pooling of bits."""
    bits = _bits(node, symbol)
    shape = builder.shape(bits.activation)
    kh, kw = node.options["filter_height"], node.options["filter_width"]
    return builder.pool(node, bits, *window_of(node, shape, kh, kw, shape[2]))


def quantize(builder: Builder, node: Node, symbol: Symbol) -> Symbol:
    """Take the sign: of an accumulator, of pixels, or of what is a sign already."""
    if isinstance(symbol, Accumulator):
        return builder.sign(node, symbol)
    if isinstance(symbol, Bits):
        return symbol
    if isinstance(symbol, Pixels):
        return builder.sign(node, pixel_chain(builder, node, symbol))
    raise CompileError(f"{node.name} comes behind a float layer: it is not supported")


def dequantize(builder: Builder, node: Node, symbol: Symbol) -> Symbol:
    """Signs as floats: the same bits, and a tensor that LCE's interpreter can show."""
    bits = _bits(node, symbol)
    builder.sign_tensors[bits.activation] = node.outputs[0]
    return bits


def _bits(node: Node, symbol: Symbol) -> Bits:
    if not isinstance(symbol, Bits):
        raise CompileError(f"{node.name} does not read packed bits: convert the model again")
    return symbol
