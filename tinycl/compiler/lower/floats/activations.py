"""Tensors of the graph as float32 on the board, made when an operator needs them.

Whatever the integer family can express is computed in integers (``lower.lower``). The
rest asks for its inputs here: an operator's floats are made once, from its inputs' floats or bits.
What has none, or is of the wrong shape, is a CompileError.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tinycl_rt import tcm

from tinycl.compiler.graph import Graph, Node, Value
from tinycl.compiler.ir import Window
from tinycl.compiler.lower.builder import Builder
from tinycl.compiler.lower.groups import concat_channels
from tinycl.compiler.lower.symbols import Bits, Symbol
from tinycl.exceptions import CompileError

__all__ = ["FloatActivations", "Real"]

Shape = tuple[int, int, int]

_ADVICE = {
    "PADV2": "pads with 1.0: LCE makes a binary convolution of a grouped QuantConv2D only with a "
    "multiple of 32 channels in a group; use such groups, or pad_values=0",
    "LEAKY_RELU": "is not supported: use ReLU",
    "HARD_SWISH": "is not supported: use ReLU6",
    "TRANSPOSE_CONV": "is not supported: use a convolution with strides the other way round",
    "RESIZE_BILINEAR": "is not supported: resize the images before they are learned",
    "QUANTIZE": "belongs to an 8-bit model: convert with float32 input and output",
    "DEQUANTIZE": "reads stored half precision or 8 bits: convert without quantization",
}


@dataclass(frozen=True)
class Real:
    """An activation of floats; ``flat``: a vector in the graph, of rows, columns, channels."""

    activation: int
    flat: bool = False


class FloatActivations:
    """Float32 activations of the graph's tensors.

    Parameters
    ----------
    builder
        Where steps are appended.
    graph
        The graph.
    symbols
        What the integer family made of its tensors so far.
    rules
        A rule for each kind of operator.
    refusals
        Why the integer family could not make a tensor.
    """

    def __init__(
        self,
        builder: Builder,
        graph: Graph,
        symbols: Mapping[int, Symbol | None],
        rules: Mapping[str, Any],
        refusals: Mapping[int, CompileError],
    ) -> None:
        self._builder, self._rules = builder, rules
        self._symbols, self._refusals = symbols, refusals
        self._input = graph.input
        self._makers = {node.outputs[0].index: node for node in graph.nodes}
        self._made: dict[int, Real] = {}
        self._unpacked: dict[int, Real] = {}

    def shape(self, activation: int) -> Shape:
        """Rows, columns, channels of an activation."""
        return self._builder.shape(activation)

    def of(self, value: Value) -> Real:
        """The floats of a tensor.

        Raises
        ------
        CompileError
            An operator, type or shape that is not supported.
        """
        if value.index not in self._made:
            self._made[value.index] = self._make(value)
        return self._made[value.index]

    def _make(self, value: Value) -> Real:
        symbol = self._symbols.get(value.index)
        if isinstance(symbol, Bits):
            return self._unpack(symbol.activation)
        if value.index == self._input.index:
            shape = self.shape(0)
            return Real(self._builder.emit_floats(value.name, tcm.FLOAT_PIXELS, 0, shape))
        node = self._makers.get(value.index)
        if node is None:
            raise CompileError(f"tensor '{value.name}' is not computed: convert the model again")
        if node.kind in self._rules:
            return self._rules[node.kind](self, node)
        if value.index in self._refusals and node.kind.startswith("Lce"):
            raise self._refusals[value.index]
        advice = _ADVICE.get(node.kind)
        if advice is not None:
            raise CompileError(f"{node.name} {advice}")
        raise CompileError(
            f"{node.name} is not supported: use layers that convert to "
            f"{', '.join(sorted(self._rules))}"
        )

    def _unpack(self, bits: int) -> Real:
        if bits not in self._unpacked:
            name = self._builder.program.activations[bits].name
            made = self._builder.emit_floats(name, tcm.FLOAT_BITS, bits, self.shape(bits))
            self._unpacked[bits] = Real(made)
        return self._unpacked[bits]

    def real(self, node: Node, k: int = 0) -> Real:
        """FloatActivations of an operator's input."""
        value = node.inputs[k] if k < len(node.inputs) else None
        if value is None:
            raise CompileError(f"{node.name} lacks its input {k}: convert the model again")
        return self.of(value)

    def image(self, node: Node, k: int = 0) -> int:
        """The activation of an input that has rows, columns and channels."""
        real = self.real(node, k)
        h, w, _ = self.shape(real.activation)
        if real.flat and h * w > 1:
            raise CompileError(
                f"{node.name} reads a flattened image: only a dense layer of floats "
                "may follow Flatten; in place of a QuantDense use a 1x1 QuantConv2D"
            )
        return real.activation

    def bits(self, node: Node) -> int:
        """The activation of an input of packed bits."""
        value = node.inputs[0]
        symbol = None if value is None else self._symbols.get(value.index)
        if not isinstance(symbol, Bits):
            raise CompileError(f"{node.name} does not read packed bits: convert the model again")
        return symbol.activation

    def sign(self, node: Node) -> Bits:
        """Signs of an operator's input."""
        source = self.image(node)
        return self._builder.emit(node, tcm.FLOAT_SIGN, source, self.shape(source), Window())

    def concat_channels(self, node: Node, parts: Sequence[int]) -> Real:
        """The channels of several activations, one behind another."""
        joined, name = parts[0], node.outputs[0].name
        if sum(self.shape(part)[2] for part in parts) > tcm.MAX_CHANNELS:
            raise CompileError(f"{node.name} makes too many channels for a board")
        for part in parts[1:]:
            joined = concat_channels(self._builder.program, joined, part, name)
        return Real(joined)

    def emit(self, node: Node, code: int, source: int, shape: Shape, **more: Any) -> Real:
        """Append a step; CompileError when a board cannot hold its result."""
        h, w, c = shape
        if max(h, w) > tcm.MAX_SIDE or c > tcm.MAX_CHANNELS:
            raise CompileError(f"{node.name} makes {h} x {w} x {c} values: too large for a board")
        window = more.get("window")
        if window is not None and max(window.kh, window.kw) > 255:
            raise CompileError(f"{node.name} has a window of {window.kh} x {window.kw}: up to 255")
        name = node.outputs[0].name
        return Real(self._builder.emit_floats(name, code, source, shape, **more))
