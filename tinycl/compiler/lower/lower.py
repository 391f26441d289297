"""From the operators that LCE emits to the operators of the board.

The graph is walked once. Every tensor that the integer family can express stands for a symbol
(``lower.symbols``): pixels under an affine map, an integer accumulator under a chain of
monotone functions, or packed bits. Taking the sign of an accumulator makes the board's convolution
and its thresholds. What has no symbol, or is read by several operators, is computed in floats
where an operator needs it (``tinycl.compiler.lower.floats.activations``).
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from tinycl_rt import tcm

from tinycl.compiler.graph import Graph, Node, Value
from tinycl.compiler.ir import Program
from tinycl.compiler.lower import integer_lce, integer_tflite
from tinycl.compiler.lower.builder import Builder
from tinycl.compiler.lower.floats.activations import FloatActivations
from tinycl.compiler.lower.floats.rules import FLOAT_RULES
from tinycl.compiler.lower.symbols import Accumulator, Bits, Pixels, Symbol
from tinycl.exceptions import CompileError

__all__ = ["Lowered", "lower"]

_RULES: dict[str, Callable[[Builder, Node, Symbol], Symbol]] = {
    "ADD": integer_tflite.arithmetic,
    "SUB": integer_tflite.arithmetic,
    "MUL": integer_tflite.arithmetic,
    "RELU": integer_tflite.relu,
    "RELU6": integer_tflite.relu,
    "RELU_N1_TO_1": integer_tflite.relu,
    "CONV_2D": integer_tflite.conv,
    "DEPTHWISE_CONV_2D": integer_tflite.depthwise,
    "MAX_POOL_2D": integer_tflite.max_pool,
    "LceBconv2d": integer_lce.bconv,
    "LceBMaxPool2d": integer_lce.bmax_pool,
    "LceQuantize": integer_lce.quantize,
    "LceDequantize": integer_lce.dequantize,
    "SIGN": integer_tflite.sign,
}


@dataclass(frozen=True)
class Lowered:
    """The program up to the latent bits, and to the float outputs if they are wanted.

    ``latent`` is the activation that holds the last signs; ``sign_tensor`` is the graph's tensor
    of them: float32 +-1, or int32 words of packed bits. ``first`` is the 8-bit convolution, or
    None.
    """

    program: Program
    latent: int
    sign_tensor: Value
    first: Accumulator | None


def lower(graph: Graph, outputs: bool = False) -> Lowered:
    """Translate a graph; ``outputs``: with the floats that it ends in.

    Raises
    ------
    CompileError
        An operator, type or shape that is not supported, with the operator's name and what to do
        instead; or a graph without any binary layer.
    """
    if len(graph.inputs) != 1 or len(graph.outputs) != 1:
        raise CompileError(
            f"expected one input and one output, got {len(graph.inputs)} and "
            f"{len(graph.outputs)}: convert a model with a single path in and out"
        )
    if len(graph.input.shape) != 3 or graph.input.dtype != "float32":
        raise CompileError(
            f"expected one float32 input of rows, columns, channels, got {graph.input.dtype} "
            f"{graph.input.shape}: convert with float32 input and output"
        )
    h, w, c = graph.input.shape
    if max(h, w) > tcm.MAX_SIDE or c > tcm.MAX_CHANNELS:
        raise CompileError(f"an input of {h} x {w} x {c} is too large for a board")
    return _Lowering(graph, (h, w, c)).run(outputs)


class _Lowering:
    def __init__(self, graph: Graph, shape: tuple[int, int, int]) -> None:
        self.graph = graph
        self.builder = Builder(shape)
        self.symbols: dict[int, Symbol | None] = {graph.input.index: Pixels()}
        self.refusals: dict[int, CompileError] = {}
        self.floats = FloatActivations(
            self.builder, graph, self.symbols, FLOAT_RULES, self.refusals
        )
        self.uses = Counter(v.index for n in graph.nodes for v in n.inputs if v is not None)
        # Operators that went into the chain of an accumulator.
        self.chained: set[int] = set()

    def run(self, outputs: bool) -> Lowered:
        for node in self.graph.nodes:
            self._visit(node)
        latent = self._latent()
        sign_tensor = self.builder.latent(latent)
        program = self.builder.program
        behind = self._behind(sign_tensor)
        if outputs:
            program.output = self._output()
        else:
            program.dropped = [node.name for node in behind]
        wanted = [latent] if program.output is None else [latent, program.output]
        program, index = program.pruned(wanted)
        if program.output is not None:
            program.output = index[program.output]
        codes = [step.code for step in program.steps]
        first = self.builder.first if tcm.CONV8 in codes else None
        return Lowered(program, index[latent], sign_tensor, first)

    def _visit(self, node: Node) -> None:
        _check_types(node)
        target = node.outputs[0].index
        try:
            symbol: Symbol | None = self._integers(node)
        except CompileError as refusal:
            symbol, self.refusals[target] = None, refusal
            if node.kind == "LceQuantize":
                symbol = self.floats.sign(node)
        if isinstance(symbol, Accumulator) and self.uses[target] > 1:
            symbol = None  # a chain has one end
        self.symbols[target] = symbol

    def _integers(self, node: Node) -> Symbol:
        inputs = [v.index for v in node.inputs if v is not None and v.index in self.symbols]
        if node.kind == "CONCATENATION":
            return integer_tflite.concatenation(
                self.builder, node, [self.symbols[index] for index in inputs]
            )
        symbol = self.symbols[inputs[0]] if len(inputs) == 1 else None
        if symbol is None or node.kind not in _RULES:
            raise CompileError(f"{node.name} is not in the integer family")
        found = _RULES[node.kind](self.builder, node, symbol)
        if isinstance(found, Accumulator) and found is symbol:
            self.chained.add(node.outputs[0].index)
        return found

    def _latent(self) -> int:
        """The last bits on the way to the output."""
        ancestors = self._ancestors(self.graph.output)
        found = [
            symbol.activation
            for node in self.graph.nodes
            if node.outputs[0].index in ancestors
            and isinstance(symbol := self.symbols[node.outputs[0].index], Bits)
        ]
        if not found:
            raise CompileError(
                "the graph has no binary layer, or its output is not behind one: expected Larq "
                "layers with ste_sign quantizers, see 'tinycl train'"
            )
        return found[-1]

    def _behind(self, sign_tensor: Value) -> list[Node]:
        """Operators that the latent bits do not need; of a chain, its convolution alone."""
        ancestors = self._ancestors(sign_tensor)
        return [
            node
            for node in self.graph.nodes
            if node.outputs[0].index not in ancestors | self.chained
            and not isinstance(self.symbols[node.outputs[0].index], Bits)
        ]

    def _ancestors(self, value: Value) -> set[int]:
        needed = {value.index}
        for node in reversed(self.graph.nodes):
            if node.outputs[0].index in needed:
                needed.update(v.index for v in node.inputs if v is not None)
        return needed

    def _output(self) -> int:
        output = self.graph.output
        if output.dtype != "float32":
            raise CompileError(f"the outputs are {output.dtype}, not float32: leave them out")
        return self.floats.of(output).activation


def _check_types(node: Node) -> None:
    for value in (*node.inputs, *node.outputs):
        if value is not None and value.dtype not in ("float32", "int32"):
            raise CompileError(
                f"{node.name} works on {value.dtype}: convert the model without quantization to "
                "8 bits or half precision (float32 input and output)"
            )
