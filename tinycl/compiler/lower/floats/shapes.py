"""Rules of operators that change rows, columns or channels: pooling, padding, joining.

A rule raises CompileError, with the layer's name, for what it cannot express.
"""

import numpy as np
from tinycl_rt import tcm

from tinycl.compiler.graph import Node, constant
from tinycl.compiler.ir import Window
from tinycl.compiler.lower.floats.activations import FloatActivations, Real
from tinycl.compiler.lower.floats.operands import activation as fused
from tinycl.compiler.lower.geometry import window_of
from tinycl.exceptions import CompileError

__all__ = ["concatenation", "mean", "padding", "pool", "reshape"]


def pool(floats: FloatActivations, node: Node) -> Real:
    """MAX_POOL_2D and AVERAGE_POOL_2D."""
    source = floats.image(node)
    shape = floats.shape(source)
    kh, kw = node.options["filter_height"], node.options["filter_width"]
    window, out = window_of(node, shape, kh, kw, shape[2])
    code = tcm.FLOAT_MAX if node.kind == "MAX_POOL_2D" else tcm.FLOAT_MEAN
    return floats.emit(node, code, source, out, window=window, activation=fused(node))


def mean(floats: FloatActivations, node: Node) -> Real:
    """MEAN over rows and columns."""
    source = floats.image(node)
    h, w, c = floats.shape(source)
    axes = {int(k) % 4 for k in constant(node, 1).reshape(-1)}
    if axes != {1, 2}:
        raise CompileError(f"{node.name} averages over axes {sorted(axes)}: only rows and columns")
    return floats.emit(node, tcm.FLOAT_MEAN, source, (1, 1, c), window=Window(h, w))


def padding(floats: FloatActivations, node: Node) -> Real:
    """PAD: zeros around the image."""
    source = floats.image(node)
    h, w, c = floats.shape(source)
    sides = constant(node, 1).astype(int)
    if sides.shape != (4, 2) or sides[[0, 3]].any() or sides.min() < 0:
        raise CompileError(f"{node.name} pads by {sides.tolist()}: only rows and columns can be")
    (top, bottom), (left, right) = (tuple(int(n) for n in side) for side in sides[1:3])
    out = (h + top + bottom, w + left + right, c)
    return floats.emit(node, tcm.FLOAT_PAD, source, out, window=Window(top=top, left=left))


def reshape(floats: FloatActivations, node: Node) -> Real:
    """RESHAPE to a vector, or to the same rows, columns and channels."""
    real = floats.real(node)
    shape, wanted = floats.shape(real.activation), node.outputs[0].shape
    if [n for n in wanted if n > 1] == [n for n in shape if n > 1] and not real.flat:
        return real
    if len([n for n in wanted if n > 1]) <= 1 and np.prod(wanted) == np.prod(shape):
        return Real(real.activation, flat=True)
    raise CompileError(f"{node.name} makes {wanted} of {shape}: only flattening is supported")


def concatenation(floats: FloatActivations, node: Node) -> Real:
    """CONCATENATION of channels."""
    parts = [floats.image(node, k) for k in range(len(node.inputs))]
    shapes = [floats.shape(part) for part in parts]
    if node.options.get("axis") not in (3, -1) or len({shape[:2] for shape in shapes}) > 1:
        raise CompileError(f"{node.name} joins {shapes}: only channels of one size can be joined")
    return floats.concat_channels(node, parts)
