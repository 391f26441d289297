"""Lowering rules of TFLite's own operators: pixels, the first convolution, float chains.

A rule raises CompileError, with the layer's name, for what it cannot express.
"""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from tinycl_rt import tcm

from tinycl.compiler.graph import Node, constant
from tinycl.compiler.ir import Window
from tinycl.compiler.lower.builder import Builder
from tinycl.compiler.lower.chain import Chain, FloatArray, activation
from tinycl.compiler.lower.geometry import taps_inside, window_of
from tinycl.compiler.lower.groups import dense_kernel, groups_of
from tinycl.compiler.lower.kernels import integer_kernel, zero_point
from tinycl.compiler.lower.symbols import Accumulator, Bits, Pixels, Pool, Symbol
from tinycl.exceptions import CompileError

__all__ = [
    "arithmetic",
    "concatenation",
    "conv",
    "depthwise",
    "fused",
    "max_pool",
    "pixel_chain",
    "relu",
    "sign",
]


def fused(node: Node) -> Callable[[FloatArray], FloatArray] | None:
    """The activation that the operator applies itself."""
    kind = node.options.get("activation", "none")
    try:
        return activation(kind)
    except KeyError:
        raise CompileError(f"{node.name} applies {kind}: use ReLU or none") from None


def arithmetic(builder: Builder, node: Node, symbol: Symbol) -> Symbol:
    """ADD, SUB, MUL with a constant: scales and biases."""
    left, right = node.inputs[0], node.inputs[1]
    if right is not None and right.data is not None:
        number = np.asarray(right.data, np.float32).reshape(-1)
    elif left is not None and left.data is not None and node.kind != "SUB":
        number = np.asarray(left.data, np.float32).reshape(-1)
    else:
        raise CompileError(f"{node.name} subtracts from a constant: write it as a batch norm")
    if isinstance(symbol, Pixels) and number.size == 1 and fused(node) is None:
        return _affine(node, symbol, float(number[0]))
    if isinstance(symbol, Pixels):
        symbol = pixel_chain(builder, node, symbol)
    if not isinstance(symbol, Accumulator):
        raise CompileError(
            f"{node.name} works on signs: put batch norm and scales before the sign, not behind it"
        )
    if number.size not in (1, symbol.shape[2]):
        raise CompileError(
            f"{node.name} has {number.size} constants for {symbol.shape[2]} channels"
        )
    symbol.chain.append(_apply(node.kind, number))
    symbol.chain.append(fused(node))
    return symbol


def _apply(kind: str, number: FloatArray) -> Callable[[FloatArray], FloatArray]:
    if kind == "MUL":
        return lambda v: v * number
    if kind == "ADD":
        return lambda v: v + number
    return lambda v: v - number


def _affine(node: Node, pixels: Pixels, number: float) -> Pixels:
    if node.kind == "MUL":
        return Pixels(pixels.scale * number, pixels.offset * number)
    return Pixels(pixels.scale, pixels.offset + (number if node.kind == "ADD" else -number))


def pixel_chain(builder: Builder, node: Node, pixels: Pixels) -> Accumulator:
    """Pixels as an accumulator of their own: what follows may only end in a sign."""
    shape = builder.shape(0)
    scale, offset = np.float32(pixels.scale), np.float32(pixels.offset)
    none = np.zeros(shape[2], np.int64)
    chain = Chain(none, none + 255, lambda x: x.astype(np.float32) * scale + offset)
    ones = np.ones((shape[2], 1, 1, 1), np.int8)
    return Accumulator(tcm.BINARISE, 0, Window(), ones, shape, chain, node.name, 0)


def relu(builder: Builder, node: Node, symbol: Symbol) -> Symbol:
    """RELU and its relatives inside a chain."""
    return _append(builder, node, symbol, activation(node.kind.lower()))


def sign(builder: Builder, node: Node, symbol: Symbol) -> Symbol:
    """TFLite's own SIGN, 0 for 0: LCE leaves it where a sign is taken twice."""
    return symbol if isinstance(symbol, Bits) else _append(builder, node, symbol, np.sign)


def _append(
    builder: Builder, node: Node, symbol: Symbol, step: Callable[[FloatArray], FloatArray] | None
) -> Symbol:
    if isinstance(symbol, Pixels):
        symbol = pixel_chain(builder, node, symbol)
    if not isinstance(symbol, Accumulator):
        raise CompileError(f"{node.name} is only supported behind a convolution")
    symbol.chain.append(step)
    return symbol


def concatenation(builder: Builder, node: Node, symbols: Sequence[Symbol | None]) -> Symbol:
    """CONCATENATION of the channels of signs: a shortcut that stays in bits."""
    parts = [symbol.activation for symbol in symbols if isinstance(symbol, Bits)]
    if len(parts) < len(node.inputs) or node.options.get("axis") not in (3, -1):
        raise CompileError(f"{node.name} joins more than the channels of signs")
    return builder.concatenation(node, parts)


def conv(builder: Builder, node: Node, symbol: Symbol) -> Symbol:
    """The first convolution: float32 weights that are 8-bit integers times a scale."""
    if not isinstance(symbol, Pixels):
        raise CompileError(
            f"{node.name} is a real-valued convolution inside the network: only the first may be "
            "(with an 8-bit kernel); make it a binary QuantConv2D"
        )
    shape = builder.shape(0)
    kernel = constant(node, 1).astype(np.float64)
    kernel = dense_kernel(kernel, groups_of(node, shape[2], kernel.shape))
    return _first(builder, node, symbol, kernel)


def depthwise(builder: Builder, node: Node, symbol: Symbol) -> Symbol:
    """The first convolution, of each channel alone: a plain one with zeros."""
    if not isinstance(symbol, Pixels):
        raise CompileError(f"{node.name} is a real-valued convolution inside the network")
    kernel = constant(node, 1).astype(np.float64)  # (1, kh, kw, channels x multiplier)
    kernel = np.moveaxis(kernel, 3, 0)[:, 0, :, :, None]
    channels = builder.shape(0)[2]
    return _first(builder, node, symbol, dense_kernel(kernel, channels))


def _first(
    builder: Builder, node: Node, symbol: Pixels, kernel: npt.NDArray[np.float64]
) -> Accumulator:
    shape = builder.shape(0)
    oc, kh, kw, ci = kernel.shape
    window, out = window_of(node, shape, kh, kw, oc)
    integers, scale = integer_kernel(kernel, node.name)
    inside = taps_inside(window, shape, out)
    zero = zero_point(symbol, inside < out[0] * out[1] * kh * kw, node.name)
    bias = np.zeros(oc)
    if len(node.inputs) > 2 and node.inputs[2] is not None:
        bias = constant(node, 2).astype(np.float64)
    # What the zero point leaves of the offset acts like a bias.
    rest = symbol.offset + symbol.scale * zero
    bias = bias + rest * kernel.sum(axis=(1, 2, 3))
    step = scale * symbol.scale
    # Pixels with the zero point subtracted lie in -zero..255 - zero.
    reach = max(abs(zero), abs(255 - zero))
    bound = np.abs(integers.astype(np.int64)).sum(axis=(1, 2, 3)) * reach
    chain = Chain(-bound, bound, lambda acc: (acc * step + bias).astype(np.float32))
    chain.append(fused(node))
    return Accumulator(
        tcm.CONV8,
        0,
        window,
        integers,
        out,
        chain,
        node.name,
        inside * ci * oc,
        zero_point=zero,
        bias=node.inputs[2] if len(node.inputs) > 2 else None,
        step=step,
    )


def max_pool(builder: Builder, node: Node, symbol: Symbol) -> Symbol:
    """MAX_POOL_2D on bits, or inside a chain."""
    kh, kw = node.options["filter_height"], node.options["filter_width"]
    if isinstance(symbol, Bits):
        shape = builder.shape(symbol.activation)
        return builder.pool(node, symbol, *window_of(node, shape, kh, kw, shape[2]))
    if not isinstance(symbol, Accumulator):
        raise CompileError(f"{node.name} pools pixels: put it behind the first convolution")
    window, out = window_of(node, symbol.pooled_shape, kh, kw, symbol.shape[2])
    symbol.pools.append(Pool(len(symbol.chain), window, out))
    symbol.chain.append(fused(node))
    return symbol
