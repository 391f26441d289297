"""What a compiled model takes on a board: flash, RAM, work."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import Any

from tinycl_rt import tcm
from tinycl_rt.config import Config
from tinycl_rt.kernels.numpy import core as numpy_kernels
from tinycl_rt.lib.integers import Rng
from tinycl_rt.model.loader import Model
from tinycl_rt.replay import BLOCK
from tinycl_rt.trainable import learning
from tinycl_rt.trainable.layers import latent_bytes

from tinycl.compiler.compiler import Compiled

__all__ = ["PLACES", "head_bytes", "layer_rows", "learner_bytes", "replay_bytes", "tail_bytes"]

PLACES = ("mapped", "heap", "streamed")

_KINDS = {
    tcm.CONV8: "8-bit conv",
    tcm.BINARISE: "sign",
    tcm.BCONV: "binary conv",
    tcm.BPOOL: "max pool",
    tcm.SUM_POOL: "count bits",
    tcm.FLOAT_BCONV: "binary conv, float",
    tcm.FLOAT_SIGN: "sign of floats",
    tcm.FLOAT_BITS: "bits as floats",
    tcm.FLOAT_PIXELS: "pixels as floats",
    tcm.FLOAT_CONV: "float conv",
    tcm.FLOAT_DEPTHWISE: "float depthwise",
    tcm.FLOAT_COMBINE: "float combine",
    tcm.FLOAT_SCALE: "float scale",
    tcm.FLOAT_MAX: "float max pool",
    tcm.FLOAT_MEAN: "float mean",
    tcm.FLOAT_PAD: "float pad",
    tcm.FLOAT_SOFTMAX: "float softmax",
    tcm.TAKE: "slice channels",
    tcm.JOIN: "concat channels",
    tcm.FLOAT_TAKE: "slice channels, float",
    tcm.FLOAT_JOIN: "concat channels, float",
    tcm.MIRROR: "mirror pixels",
    tcm.STACK: "stack rows",
}
# Objects of an operator and its output on MicroPython with 32-bit words, geometry included.
_OPERATOR_BYTES = 320
# An open file of littlefs with its cache, and the dictionary of the buffers.
_FILE_BYTES = 1000
_WEIGHT_BITS = {
    tcm.CONV8: 8,
    tcm.BCONV: 1,
    tcm.FLOAT_BCONV: 1,
    tcm.FLOAT_CONV: 32,
    tcm.FLOAT_DEPTHWISE: 32,
}
_MACS = {1: "binary_macs", 8: "int8_macs", 32: "float_macs"}
_ARRAY_BYTES = 16  # an object beside its bytes
_VIEW_BYTES = 32  # a memoryview on MicroPython with 32-bit words, two blocks of its heap


def layer_rows(compiled: Compiled) -> list[dict[str, Any]]:
    """One row per operator: kind, output shape, weight bits, flash and RAM bytes, MACs.

    ``flash_bytes`` counts weights and thresholds, those that operators share with the first of
    them, ``ram_bytes`` the operator's input and output in
    the arena, ``binary_macs``, ``int8_macs`` and ``float_macs`` the multiply-accumulates inside
    the image.
    """
    rows = []
    activations = compiled.program.activations
    seen: set[int] = set()
    for step in compiled.program.steps:
        blocks = [b for b in (step.weights, step.table) if b is not None and id(b) not in seen]
        seen.update(map(id, blocks))
        ends = [activations[i] for i in (*step.sources, step.target)]
        placed = [a for a in ends if a.dtype != tcm.COUNTS and a is not activations[0]]
        bits = _WEIGHT_BITS.get(step.code, 0)
        rows.append(
            {
                "kind": _KINDS[step.code],
                "name": ends[-1].name,
                "shape": list(ends[-1].shape),
                "weight_bits": bits,
                "flash_bytes": sum(int(b.nbytes) for b in blocks),
                "ram_bytes": sum(a.nbytes for a in placed),
                **{name: step.macs if bits == width else 0 for width, name in _MACS.items()},
            }
        )
    return rows


def head_bytes(model: Model, config: Config) -> int:
    """What a head learns: weights and, with CWR*, their copy in training, else sums and rows."""
    features = model.features
    if not config.head:
        return 2 * 2 * config.classes * features
    return 6 * config.classes * features + 2 * config.rows(features) * features


def largest_block(model: Model, config: Config) -> int:
    """Bytes of the largest piece of heap that a head takes.

    A model's own blocks come before it, while the heap is in one piece.
    """
    values = config.classes * model.features
    if not config.head:
        return 2 * values
    return max(4 * values, 2 * config.rows(model.features) * model.features)


def replay_bytes(model: Model, config: Config) -> int:
    """Packed latents of the replay memory."""
    return int(config.replay_slots * latent_bytes(model, config))


def _replay_memory(model: Model, config: Config) -> int:
    """Packed latents with the objects of their blocks."""
    each = max(1, BLOCK // max(1, latent_bytes(model, config)))
    blocks = -(-config.replay_slots // each)
    return replay_bytes(model, config) + blocks * _ARRAY_BYTES


def learner_bytes(model: Model, config: Config, weights: str = "heap") -> dict[str, int]:
    """RAM that a learner allocates, by what for.

    The formulas follow the buffers of ``tinycl_rt``: what ``source`` keeps of the file,
    thresholds, floats and objects of ``Model``; arena and accumulators of ``Backbone``; features,
    logits, errors, counts and the exponential table of ``Head``; labels and flags of ``Replay``;
    the buffers of layers that learn with the head, if there are any.

    Parameters
    ----------
    model : Model
    config : Config
    weights : str
        Where they are, one of ``PLACES``: read in place from flash ("mapped"), the whole file in
        the heap, or streamed through a buffer.
    """
    blocks = list(_blocks(model))
    # MicroPython sees bytes of a file as bytes only: other tables are copies.
    kept = sum(n for kind, n, is_table in blocks if is_table and kind != "B")
    largest: dict[str, int] = {}
    for kind, n, is_table in blocks:
        if not is_table:
            largest[kind] = max(n, largest.get(kind, 0))
    if weights == "heap":
        kept += model.nbytes + sum(n for kind, n, table in blocks if not table and kind != "B")
    elif weights == "mapped":
        kept += sum(n for kind, n in largest.items() if kind != "B")
    else:
        kept += sum(largest.values()) + sum(
            n for kind, n, table in blocks if table and kind == "B"
        )
        kept += _FILE_BYTES
    widest = max(t.shape[2] for t in model.tensors)
    classes, slots = config.classes, config.replay_slots
    parts = {
        "model": kept + _OPERATOR_BYTES * len(model.operators),
        "activations": model.arena_bytes + 4 * widest,
        "head": head_bytes(model, config) + _beside(model.features, config),
        "replay": _replay_memory(model, config) + 2 * slots + 8 * classes + 8,
    }
    if config.depth:
        parts["tail"] = tail_bytes(model, config)
    return parts


def _beside(features: int, config: Config) -> int:
    """Buffers of a head: features, counts, logits, the table of exp; rows take some more."""
    c = config.classes
    if not config.head:
        return features + 15 * c + 512
    rank = config.rows(features)
    return 7 * features + 23 * c + rank * (rank + 13) + 4 * max(rank, c) + 512


def _blocks(model: Model) -> Iterator[tuple[str, int, bool]]:
    """Kind, bytes and whether it is a table, of every block of weights or table, once."""
    seen = set()
    for op in model.operators:
        for block, is_table in ((op.weights, False), (op.table, True)):
            if block is None or id(block) in seen:
                continue
            seen.add(id(block))
            kind = "B" if op.code == tcm.BPOOL else "i" if op.code < tcm.FLOAT_BCONV else "f"
            yield kind if is_table else tcm.WEIGHTS[op.code], len(block) * block.itemsize, is_table


def tail_bytes(model: Model, config: Config) -> int:
    """Bytes of all buffers of the layers that learn; 0 where the head learns alone.

    Raises
    ------
    ValueError
        The model cannot learn so deep.
    """
    if not config.depth:
        return 0
    tail = learning.make(model, config, numpy_kernels, Rng(1))
    model_blocks = {id(block) for op in model.operators for block in (op.weights, op.table, op.p)}
    return _weigh(vars(tail), model_blocks)


def _weigh(value: Any, seen: set[int]) -> int:
    """Bytes of every buffer that is reached, once."""
    if id(value) in seen or isinstance(value, int | str | bytes | type(None)):
        return 0
    seen.add(id(value))
    if isinstance(value, bytearray | array):
        return memoryview(value).nbytes
    if isinstance(value, memoryview):
        return _VIEW_BYTES + _weigh(value.obj, seen)
    if isinstance(value, dict):
        return sum(_weigh(item, seen) for item in value.values())
    if isinstance(value, list | tuple):
        return sum(_weigh(item, seen) for item in value)
    if type(value).__module__ in ("tinycl_rt.trainable.tail", "tinycl_rt.trainable.full"):
        return _weigh(vars(value), seen)
    return 0
