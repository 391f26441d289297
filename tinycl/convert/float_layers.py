"""Rules of real-valued operators: floats in, floats out."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from tinycl_rt import tcm

from tinycl.convert.borders import Borders
from tinycl.convert.floats import Floats, Real
from tinycl.convert.geometry import taps_inside, window_of
from tinycl.convert.graph import Node
from tinycl.convert.ir import Window, pack_bits
from tinycl.convert.real_layers import constant
from tinycl.exceptions import CompileError

__all__ = ["FLOAT_RULES"]


def _floats(node: Node, index: int) -> npt.NDArray[np.float32]:
    data = constant(node, index).astype(np.float32)
    if not np.all(np.isfinite(data)):
        raise CompileError(f"{node.name} has constants that are not finite: train the model again")
    return data


def _bias(node: Node, index: int, channels: int) -> npt.NDArray[np.float32]:
    if index >= len(node.inputs) or node.inputs[index] is None:
        return np.zeros(channels, np.float32)
    return _floats(node, index)


def _activation(node: Node) -> int:
    kind = node.options.get("activation", "none")
    if kind not in tcm.ACTIVATIONS:
        raise CompileError(f"{node.name} applies {kind}: use ReLU or none")
    return tcm.ACTIVATIONS.index(kind)


def bconv(floats: Floats, node: Node) -> Real:
    """A binary convolution that makes floats."""
    source = floats.bits(node)
    shape = floats.shape(source)
    packed = constant(node, 1)
    oc, kh, kw, n = packed.shape
    if node.options.get("channels_in") != shape[2] or n != (shape[2] + 31) // 32:
        raise CompileError(
            f"{node.name} has groups, or a kernel {packed.shape} that does not fit {shape[2]} "
            "channels: use groups=1"
        )
    if len(node.inputs) > 4 and node.inputs[4] is not None:
        raise CompileError(f"{node.name} makes bits where floats are read: convert it again")
    window, out = window_of(node, shape, kh, kw, oc)
    words = np.ascontiguousarray(packed, "<i4").view(np.uint8)
    negative = np.unpackbits(words, axis=-1, count=shape[2], bitorder="little").astype(bool)
    # LCE's output transform: the sum goes into the bias, in float64.
    scale = _floats(node, 2)
    full = kh * kw * shape[2]
    moved = _floats(node, 3).astype(np.float64) + full * scale.astype(np.float64)
    table = np.concatenate([-scale, moved.astype(np.float32)])
    inside = taps_inside(window, shape, out)
    pad = 1
    if inside < out[0] * out[1] * kh * kw and node.options.get("pad_values") != 1:
        weights = (1 - 2 * negative.astype(np.int8)).astype(np.int8)
        borders = Borders.of(window, shape, out, weights, scale)
        pad, table = 2, np.concatenate([table, borders.corrections(len(table))])
    return floats.emit(
        node,
        tcm.FLOAT_BCONV,
        source,
        out,
        window=window,
        weights=pack_bits(negative),
        table=table,
        pad=pad,
        activation=_activation(node),
        macs=inside * shape[2] * oc,
    )


def conv(floats: Floats, node: Node) -> Real:
    """CONV_2D."""
    source = floats.image(node)
    shape = floats.shape(source)
    kernel = _floats(node, 1)
    oc, kh, kw, ci = kernel.shape
    if ci != shape[2]:
        raise CompileError(f"{node.name} has groups: expected {shape[2]} input channels, got {ci}")
    window, out = window_of(node, shape, kh, kw, oc)
    return floats.emit(
        node,
        tcm.FLOAT_CONV,
        source,
        out,
        window=window,
        weights=kernel,
        table=_bias(node, 2, oc),
        activation=_activation(node),
        macs=taps_inside(window, shape, out) * ci * oc,
    )


def depthwise(floats: Floats, node: Node) -> Real:
    """DEPTHWISE_CONV_2D."""
    source = floats.image(node)
    shape = floats.shape(source)
    kernel = _floats(node, 1)
    _, kh, kw, oc = kernel.shape
    window, out = window_of(node, shape, kh, kw, oc)
    return floats.emit(
        node,
        tcm.FLOAT_DEPTHWISE,
        source,
        out,
        window=window,
        weights=kernel,
        table=_bias(node, 2, oc),
        activation=_activation(node),
        macs=taps_inside(window, shape, out) * oc,
    )


def dense(floats: Floats, node: Node) -> Real:
    """FULLY_CONNECTED: a convolution whose window is the whole image."""
    real = floats.real(node)
    shape = floats.shape(real.activation)
    kernel = _floats(node, 1)
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
        table=_bias(node, 2, oc),
        activation=_activation(node),
        macs=oc * h * w * c,
    )


def arithmetic(floats: Floats, node: Node) -> Real:
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
        activation=_activation(node),
        other=two,
    )


def _scaled(floats: Floats, node: Node, k: int) -> Real:
    source = floats.image(node, 1 - k)
    shape = floats.shape(source)
    number = _floats(node, k)
    if number.size not in (1, shape[2]) or (number.size > 1 and number.shape[-1] != number.size):
        raise CompileError(f"{node.name} has constants {number.shape} for {shape[2]} channels")
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
        activation=_activation(node),
    )


def relu(floats: Floats, node: Node) -> Real:
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


def sign(floats: Floats, node: Node) -> Real:
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


def pool(floats: Floats, node: Node) -> Real:
    """MAX_POOL_2D and AVERAGE_POOL_2D."""
    source = floats.image(node)
    shape = floats.shape(source)
    kh, kw = node.options["filter_height"], node.options["filter_width"]
    window, out = window_of(node, shape, kh, kw, shape[2])
    code = tcm.FLOAT_MAX if node.kind == "MAX_POOL_2D" else tcm.FLOAT_MEAN
    return floats.emit(node, code, source, out, window=window, activation=_activation(node))


def mean(floats: Floats, node: Node) -> Real:
    """MEAN over rows and columns."""
    source = floats.image(node)
    h, w, c = floats.shape(source)
    axes = {int(k) % 4 for k in constant(node, 1).reshape(-1)}
    if axes != {1, 2}:
        raise CompileError(f"{node.name} averages over axes {sorted(axes)}: only rows and columns")
    return floats.emit(node, tcm.FLOAT_MEAN, source, (1, 1, c), window=Window(h, w))


def padding(floats: Floats, node: Node) -> Real:
    """PAD: zeros around the image."""
    source = floats.image(node)
    h, w, c = floats.shape(source)
    sides = constant(node, 1).astype(int)
    if sides.shape != (4, 2) or sides[[0, 3]].any() or sides.min() < 0:
        raise CompileError(f"{node.name} pads by {sides.tolist()}: only rows and columns can be")
    (top, bottom), (left, right) = (tuple(int(n) for n in side) for side in sides[1:3])
    out = (h + top + bottom, w + left + right, c)
    return floats.emit(node, tcm.FLOAT_PAD, source, out, window=Window(top=top, left=left))


def reshape(floats: Floats, node: Node) -> Real:
    """RESHAPE to a vector, or to the same rows, columns and channels."""
    real = floats.real(node)
    shape, wanted = floats.shape(real.activation), node.outputs[0].shape
    if [n for n in wanted if n > 1] == [n for n in shape if n > 1] and not real.flat:
        return real
    if len([n for n in wanted if n > 1]) <= 1 and np.prod(wanted) == np.prod(shape):
        return Real(real.activation, flat=True)
    raise CompileError(f"{node.name} makes {wanted} of {shape}: only flattening is supported")


def softmax(floats: Floats, node: Node) -> Real:
    """SOFTMAX over the channels."""
    source = floats.image(node)
    if node.options.get("beta", 1.0) != 1.0:
        raise CompileError(f"{node.name} has beta {node.options['beta']}: use 1")
    return floats.emit(node, tcm.FLOAT_SOFTMAX, source, floats.shape(source))


FLOAT_RULES: dict[str, Callable[[Floats, Node], Real]] = {
    "LceBconv2d": bconv,
    "CONV_2D": conv,
    "DEPTHWISE_CONV_2D": depthwise,
    "FULLY_CONNECTED": dense,
    "ADD": arithmetic,
    "SUB": arithmetic,
    "MUL": arithmetic,
    "RELU": relu,
    "RELU6": relu,
    "RELU_N1_TO_1": relu,
    "SIGN": sign,
    "MAX_POOL_2D": pool,
    "AVERAGE_POOL_2D": pool,
    "MEAN": mean,
    "PAD": padding,
    "RESHAPE": reshape,
    "SOFTMAX": softmax,
}
