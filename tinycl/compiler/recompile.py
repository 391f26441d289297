"""Make a model that sees each image mirrored too out of one that is compiled already."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from tinycl_rt.model.graph import Operator
from tinycl_rt.model.loader import Model

from tinycl.compiler.arena import plan_memory
from tinycl.compiler.compiler import count_bits, load_tcm, read_metadata
from tinycl.compiler.ir import Activation, Program, Step, Window
from tinycl.compiler.mirror import mirror
from tinycl.compiler.writer import write
from tinycl.exceptions import CompileError

__all__ = ["mirror_tcm"]


def mirror_tcm(data: bytes) -> bytes:
    """Mirror a .tcm file: the bytes that ``compile --mirror`` makes of its .tflite.

    Raises
    ------
    CompileError
        It cannot be loaded, computes floats, or takes a signal, which has no left and right.
    """
    model = load_tcm(data)
    if model.float_bytes:
        raise CompileError("the model computes floats: compile its .tflite with --mirror")
    program = _program(model)
    last = model.operators[-1]
    both = mirror(program, last.source)
    count_bits(program, both, model.tensors[last.target].shape)
    layers = [activation.name for activation in program.activations]
    return write(program, plan_memory(program), {**read_metadata(model), "layers": layers})


def _program(model: Model) -> Program:
    """All but the last operator, which counts bits."""
    names = read_metadata(model).get("layers")
    if not isinstance(names, list):
        names = [""] * len(model.tensors)
    program = Program()
    for tensor, name in zip(model.tensors[:-1], names, strict=False):
        program.add(Activation(tensor.dtype, tensor.shape, name))
    program.steps = [_step(op) for op in model.operators[:-1]]
    return program


def _step(op: Operator) -> Step:
    window, (pad, zero_point, shift) = Window(*op.p[3:9]), op.p[12:15]
    blocks = _raw(op.weights), _raw(op.table)
    other = op.other or None
    return Step(op.code, op.source, op.target, window, *blocks, pad, zero_point, shift, 0, other)


def _raw(block: Any) -> npt.NDArray[np.uint8] | None:
    return None if block is None else np.frombuffer(block, np.uint8)
