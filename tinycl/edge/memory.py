"""How much memory training takes, tensor by tensor (2102.04270, table 2).

For a batch of B samples the tensors alive at the worst moment of a step are

=============================  ==========================================  ========  ==========
tensor                         elements                                    standard  low-memory
=============================  ==========================================  ========  ==========
X                              B x inputs of the weights, all layers       float32   bits
dX or Y                        B x the largest activation of any layer     float32   float16
dY                             the same: the two swap roles layer by layer float32   float16
W                              weights, all layers                         float32   float16
dW                             the same                                    float32   bits
momenta                        W x slots of the optimizer: Adam 2, else 1  float32   float16
pooling masks                  B x inputs of the poolings, all layers      float32   bits
mu, psi, omega, beta, dbeta    4 for each output channel of each layer     float32   float16
=============================  ==========================================  ========  ==========

The largest activation counts the network's input too: it is the first layer's X, and that X counts
like any other, as bits under ``low-memory``. Of the five vectors each method keeps four: the
standard one has no omega, the other has no use for mu once the sum is centred. Bop has no latent
weights: its W is bits under ``low-memory``. The input of a layer is what the layer before gave
after its pooling, so X is counted once, never before and after the sign.

These rules give the published totals of the MLP (7.41 and 2.66 MiB) and of BinaryNet (512.85 and
138.15 MiB, Adam, batch 100). For CNV they give a ratio of 3.92, where 4.17 was published without
its rows.

The published model has no place for what the straight-through estimator asks for: a bit for each
activation that tells whether \\|x\\| <= 1, and, as soon as beta is not 0, the sign before beta.
`extra_bits` counts them; `tinycl.edge.layers` and `tinycl.edge.trainer` keep them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from tinycl.exceptions import ModelError
from tinycl.models.networks import LayerShape

__all__ = ["METHODS", "MOMENTA", "Row", "extra_bits", "rows", "total_bytes"]

MOMENTA = {"adam": 2, "sgd": 1, "bop": 1}
"""Slots of each optimizer, in elements for each weight."""

METHODS = ("standard", "low-memory")

_BITS = {"float32": 32, "float16": 16, "bits": 1}


@dataclass(frozen=True)
class Row:
    """One tensor, or all tensors of one kind.

    Attributes
    ----------
    kept_as
        ``float32``, ``float16`` or ``bits``.
    """

    tensor: str
    elements: int
    kept_as: str

    @property
    def bytes(self) -> float:
        """Bytes; bits are not rounded up."""
        return self.elements * _BITS[self.kept_as] / 8


def rows(
    layers: Sequence[LayerShape], batch: int, method: str = "low-memory", optimizer: str = "adam"
) -> list[Row]:
    """What training keeps in memory.

    Parameters
    ----------
    layers
        A network's layers in order, each followed by a batch norm.
    batch
        Samples a step.
    method
        ``standard`` or ``low-memory``.
    optimizer
        ``adam``, ``sgd`` (with momentum) or ``bop``.

    Raises
    ------
    ModelError
        No such method or optimizer, no layers, or a batch below 1.
    """
    if method not in METHODS:
        raise ModelError(f"expected a method of {', '.join(METHODS)}, got {method!r}")
    if optimizer not in MOMENTA:
        raise ModelError(f"expected an optimizer of {', '.join(MOMENTA)}, got {optimizer!r}")
    if batch < 1:
        raise ModelError(f"expected a batch of at least 1 sample, got {batch}")
    if not layers:
        raise ModelError("expected a network with layers that hold weights, got none")
    is_low = method == "low-memory"
    real, sign = ("float16", "bits") if is_low else ("float32", "float32")
    largest = batch * max(max(prod(s.inputs), prod(s.outputs)) for s in layers)
    weights = sum(s.weights for s in layers)
    pooled = sum(prod(s.outputs) for s in layers if s.pool > 1)
    return [
        Row("X", batch * sum(prod(s.inputs) for s in layers), sign),
        Row("dX or Y", largest, real),
        Row("dY", largest, real),
        Row("W", weights, "bits" if is_low and optimizer == "bop" else real),
        Row("dW", weights, sign),
        Row("momenta", weights * MOMENTA[optimizer], real),
        Row("pooling masks", batch * pooled, sign),
        Row("mu, psi, omega, beta, dbeta", 4 * sum(s.outputs[2] for s in layers), real),
    ]


def total_bytes(table: Sequence[Row]) -> float:
    """Sum of the rows."""
    return sum(row.bytes for row in table)


def extra_bits(layers: Sequence[LayerShape], batch: int) -> int:
    """Bits beyond the published model: the window, and the sign before beta.

    The window is kept for every sign, that is for the outputs of every layer but the last; the
    sign before beta for the outputs of every batch norm.
    """
    outputs = [batch * prod(s.pooled) for s in layers]
    return 2 * sum(outputs) - outputs[-1]
