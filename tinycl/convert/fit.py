"""What a compiled model takes on a board: flash, RAM, work."""

from __future__ import annotations

from array import array
from typing import Any

from tinycl_rt import tcm
from tinycl_rt.model import Model

from tinycl.convert.compiler import Compiled

__all__ = ["head_bytes", "layer_rows", "learner_bytes", "replay_bytes"]

_KINDS = {
    tcm.CONV8: "8-bit conv",
    tcm.BINARISE: "sign",
    tcm.BCONV: "binary conv",
    tcm.BPOOL: "max pool",
    tcm.COUNT: "count bits",
}
# Objects of an operator and its output on MicroPython with 32-bit words, geometry included.
_OPERATOR_BYTES = 320
_WEIGHT_BITS = {tcm.CONV8: 8, tcm.BCONV: 1}


def layer_rows(compiled: Compiled) -> list[dict[str, Any]]:
    """One row per operator: kind, output shape, weight bits, flash and RAM bytes, MACs.

    ``flash_bytes`` counts weights and thresholds, ``ram_bytes`` the operator's input and output in
    the arena, ``binary_macs`` and ``int8_macs`` the multiply-accumulates inside the image.
    """
    rows = []
    activations = compiled.program.activations
    for step in compiled.program.steps:
        blocks = [b for b in (step.weights, step.table) if b is not None]
        ends = (activations[step.source], activations[step.target])
        rows.append(
            {
                "kind": _KINDS[step.code],
                "name": ends[1].name,
                "shape": list(ends[1].shape),
                "weight_bits": _WEIGHT_BITS.get(step.code, 0),
                "flash_bytes": sum(int(b.nbytes) for b in blocks),
                "ram_bytes": sum(a.nbytes for a in ends if a.dtype == tcm.BITS),
                "binary_macs": step.macs if step.code == tcm.BCONV else 0,
                "int8_macs": step.macs if step.code == tcm.CONV8 else 0,
            }
        )
    return rows


def head_bytes(model: Model, classes: int) -> int:
    """Weights of the CWR* head: two int16 copies, consolidated and in training."""
    return 2 * 2 * classes * model.features


def replay_bytes(model: Model, slots: int) -> int:
    """Packed latents of the replay memory."""
    return slots * model.latent_bytes


def learner_bytes(model: Model, classes: int, slots: int) -> dict[str, int]:
    """RAM that a learner allocates, by what for.

    The formulas follow the buffers of ``tinycl_rt``: the file, thresholds and first weights as
    arrays, and objects of ``Model``; arena and accumulators of ``Backbone``; features, logits,
    errors, counts and the exponential table of ``Head``; labels and flags of ``Replay``. Where a
    board reads the file in place, ``model.nbytes`` of ``model`` stay in flash.
    """
    arrays = [a for op in model.operators for a in (op.weights, op.table) if isinstance(a, array)]
    copies = sum(len(a) * a.itemsize for a in arrays)
    widest = max(t.shape[2] for t in model.tensors)
    return {
        "model": model.nbytes + copies + _OPERATOR_BYTES * len(model.operators),
        "activations": model.arena_bytes + 4 * widest,
        "head": head_bytes(model, classes) + model.features + classes * 15 + 512,
        "replay": replay_bytes(model, slots) + 2 * slots + 8 * classes + 8,
    }
