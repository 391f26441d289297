"""From the operators that LCE emits to the operators of the board.

The graph is walked once. Every tensor stands for a symbol (``tinycl.convert.symbols``): pixels
under an affine map, an integer accumulator under a chain of monotone functions, or packed bits.
Taking the sign of an accumulator makes the board's convolution and its thresholds.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tinycl_rt import tcm

from tinycl.convert import binary_layers, real_layers
from tinycl.convert.builder import Builder
from tinycl.convert.graph import Graph, Node, Value
from tinycl.convert.ir import Program
from tinycl.convert.symbols import Accumulator, Bits, Classifier, Pixels, Symbol
from tinycl.exceptions import CompileError

__all__ = ["Lowered", "lower"]

_RULES: dict[str, Callable[[Builder, Node, Symbol], Symbol]] = {
    "ADD": real_layers.arithmetic,
    "SUB": real_layers.arithmetic,
    "MUL": real_layers.arithmetic,
    "RELU": real_layers.relu,
    "RELU6": real_layers.relu,
    "RELU_N1_TO_1": real_layers.relu,
    "CONV_2D": real_layers.conv,
    "MAX_POOL_2D": real_layers.max_pool,
    "LceBconv2d": binary_layers.bconv,
    "LceBMaxPool2d": binary_layers.bmax_pool,
    "LceQuantize": binary_layers.quantize,
    "LceDequantize": binary_layers.dequantize,
    "SIGN": real_layers.sign,
}

# What a model may carry behind its last signs.
_CLASSIFIER = {
    "AVERAGE_POOL_2D",
    "FULLY_CONNECTED",
    "LOGISTIC",
    "MEAN",
    "RESHAPE",
    "SOFTMAX",
}


@dataclass(frozen=True)
class Lowered:
    """The program up to the latent bits.

    ``latent`` is the activation that holds the last signs, ``holder`` the graph's tensor of them:
    float32 +-1, or int32 words of packed bits. ``first`` is the 8-bit convolution, or None.
    """

    program: Program
    latent: int
    holder: Value
    first: Accumulator | None


def lower(graph: Graph) -> Lowered:
    """Translate a graph.

    Raises
    ------
    CompileError
        An operator, type or shape that the integer family does not have, with the operator's name
        and what to do instead; or a graph without any binary layer.
    """
    if len(graph.input.shape) != 3 or graph.input.dtype != "float32":
        raise CompileError(
            f"expected one float32 input of rows, columns, channels, got {graph.input.dtype} "
            f"{graph.input.shape}"
        )
    h, w, c = graph.input.shape
    if max(h, w) > tcm.MAX_SIDE or c > tcm.MAX_CHANNELS:
        raise CompileError(f"an input of {h} x {w} x {c} is too large for a board")
    builder = Builder((h, w, c))
    symbols: dict[int, Symbol] = {graph.input.index: Pixels()}
    computed = set(symbols)
    for node in graph.nodes:
        inputs = [v.index for v in node.inputs if v is not None and v.index in computed]
        if len(inputs) != 1 or inputs[0] not in symbols:
            raise CompileError(
                f"{node.name} joins or reads again what other layers compute (a residual or "
                "branch): the integer family is a chain of layers, see 'tinycl train'"
            )
        computed.add(node.outputs[0].index)
        symbols[node.outputs[0].index] = _visit(builder, node, symbols.pop(inputs[0]))
    final = symbols.get(graph.output.index)
    if isinstance(final, Accumulator) and final.code == tcm.BCONV:
        final = _drop(builder, final.name, final.source)
    if not isinstance(final, Bits | Classifier):
        raise CompileError(
            "the graph has no binary layer, or its output is not behind one: expected Larq layers "
            "with ste_sign quantizers, see 'tinycl train'"
        )
    latent = final.activation if isinstance(final, Bits) else final.latent
    return Lowered(builder.program, latent, builder.latent(latent), builder.first)


def _visit(builder: Builder, node: Node, symbol: Symbol) -> Symbol:
    if isinstance(symbol, Classifier):
        if node.kind.startswith("Lce"):
            raise CompileError(
                f"{node.name} comes behind a float layer: between binary layers only scales, "
                "biases, batch norm, ReLU and max pooling are supported"
            )
        return _drop(builder, node.name, symbol.latent)
    if node.kind in _CLASSIFIER and isinstance(symbol, Bits):
        return _drop(builder, node.name, symbol.activation)
    if node.kind in _CLASSIFIER and isinstance(symbol, Accumulator) and symbol.code == tcm.BCONV:
        # A binary classifier layer: what it makes are scores, not features.
        _drop(builder, symbol.name, symbol.source)
        return _drop(builder, node.name, symbol.source)
    if node.kind not in _RULES:
        raise CompileError(
            f"{node.name} is not in the integer family, which has {', '.join(sorted(_RULES))}, "
            f"and behind the last signs {', '.join(sorted(_CLASSIFIER))}"
        )
    return _RULES[node.kind](builder, node, symbol)


def _drop(builder: Builder, name: str, latent: int) -> Classifier:
    builder.program.dropped.append(name)
    return Classifier(latent)
