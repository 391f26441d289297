"""What a depth below the head takes of a board's RAM: its buffers, made here and weighed."""

from __future__ import annotations

from array import array
from typing import Any

from tinycl_rt.config import Config
from tinycl_rt.kernels.numpy import core as numpy_kernels
from tinycl_rt.lib.integers import Rng
from tinycl_rt.model.loader import Model
from tinycl_rt.trainable import layers as depth

__all__ = ["tail_bytes"]

_VIEW_BYTES = 32  # a memoryview on MicroPython with 32-bit words, two blocks of its heap


def tail_bytes(model: Model, config: Config) -> int:
    """Bytes of all buffers of the layers that learn; 0 where the head learns alone.

    Raises
    ------
    ValueError
        The model cannot learn so deep.
    """
    if not config.depth:
        return 0
    tail = depth.trained(config)(model, config, numpy_kernels, Rng(1))
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
        return _VIEW_BYTES
    if isinstance(value, dict):
        return sum(_weigh(item, seen) for item in value.values())
    if isinstance(value, list | tuple):
        return sum(_weigh(item, seen) for item in value)
    if type(value).__module__ in ("tinycl_rt.trainable.tail", "tinycl_rt.trainable.full"):
        return _weigh(vars(value), seen)
    return 0
