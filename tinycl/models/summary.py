"""Bits, bytes and multiply-accumulates of a model, layer by layer."""

from dataclasses import asdict, dataclass
from math import prod
from typing import Any

from tinycl.table import Table
from tinycl.text import size

__all__ = ["LayerSummary", "as_dict", "as_table", "summarize"]


@dataclass(frozen=True)
class LayerSummary:
    """One layer that holds weights.

    Attributes
    ----------
    output
        (height, width, channels).
    bits
        Bits of a weight: 1, 8 or 32.
    bytes
        In flash: weights packed at ``bits``; a batch norm without scale becomes one int32
        threshold a channel, one with scale two floats.
    binary_macs, int8_macs, float_macs
        Multiply-accumulates for one sample.
    """

    name: str
    kind: str
    output: tuple[int, ...]
    bits: int
    bytes: int
    binary_macs: int = 0
    int8_macs: int = 0
    float_macs: int = 0


def summarize(model: Any) -> list[LayerSummary]:
    """Describe every layer of a Keras model that holds weights, in order."""
    return [_describe(layer) for layer in model.layers if layer.weights]


def as_dict(model: Any) -> dict[str, Any]:
    """Layers and totals as plain values for JSON."""
    layers = summarize(model)
    return {"layers": [asdict(layer) for layer in layers], "totals": _totals(layers)}


def as_table(model: Any) -> Table:
    """Layers and totals as a rich table."""
    layers = summarize(model)
    totals = _totals(layers)
    has_float = totals["float_macs"] > 0
    table = Table(f"{model.name}: {'x'.join(map(str, model.input_shape[1:]))} in")
    table.words("layer")
    table.numbers("output", "bits", "flash", "binary MACs", "8-bit MACs")
    if has_float:
        table.numbers("float MACs", optional=True)
    for layer in layers:
        shape = "x".join(map(str, layer.output))
        counts = [layer.binary_macs, layer.int8_macs] + [layer.float_macs] * has_float
        table.add_row(
            layer.name,
            shape,
            str(layer.bits),
            size(layer.bytes),
            *[f"{count:,}" if count else "" for count in counts],
        )
    table.add_section()
    counts = [totals["binary_macs"], totals["int8_macs"]] + [totals["float_macs"]] * has_float
    table.add_row("total", "", "", size(totals["bytes"]), *[f"{count:,}" for count in counts])
    return table


def _totals(layers: list[LayerSummary]) -> dict[str, int]:
    names = ("bytes", "binary_macs", "int8_macs", "float_macs")
    return {name: sum(getattr(layer, name) for layer in layers) for name in names}


def _describe(layer: Any) -> LayerSummary:
    kind = type(layer).__name__
    output = tuple(int(n) for n in layer.output_shape[1:])
    parameters = sum(prod(weight.shape) for weight in layer.weights)
    if kind == "BatchNormalization":
        stored = 4 if layer.gamma is None else 8
        return LayerSummary(layer.name, kind, output, 32, stored * output[-1])
    kernel = getattr(layer, "kernel", getattr(layer, "depthwise_kernel", None))
    if kernel is None:
        return LayerSummary(layer.name, kind, output, 32, 4 * parameters)
    quantizer = getattr(layer, "kernel_quantizer", None)
    bits = int(getattr(quantizer, "precision", 32))
    weights = prod(kernel.shape)
    stored = weights * bits // 8 + 4 * (parameters - weights)
    macs = weights * prod(output[:-1])
    is_binary = (
        bits == 1 and getattr(getattr(layer, "input_quantizer", None), "precision", 32) == 1
    )
    field = "binary_macs" if is_binary else "int8_macs" if bits <= 8 else "float_macs"
    return LayerSummary(layer.name, kind, output, bits, stored, **{field: macs})
