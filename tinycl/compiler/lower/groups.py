"""Grouped convolutions: a plain one for each group, on its channels alone, and all joined."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from tinycl_rt import tcm

from tinycl.compiler.graph import Node
from tinycl.compiler.ir import Activation, Program, Step
from tinycl.exceptions import CompileError

__all__ = ["concat_channels", "dense_kernel", "emit_groups", "groups_of"]

_SLICE = {tcm.BITS: tcm.TAKE, tcm.FLOAT32: tcm.FLOAT_TAKE}
_CONCAT = {tcm.BITS: tcm.JOIN, tcm.FLOAT32: tcm.FLOAT_JOIN}


def groups_of(node: Node, channels: int, kernel: tuple[int, ...]) -> int:
    """Groups of a CONV_2D with a kernel (oc, kh, kw, channels of a group).

    Raises
    ------
    CompileError
        The kernel does not fit the channels.
    """
    oc, _, _, each = kernel
    groups = channels // each if each else 0
    if groups * each != channels or oc % groups:
        raise CompileError(
            f"{node.name} has a kernel {kernel} that does not fit {channels} channels: "
            "convert the model again"
        )
    return groups


def dense_kernel(kernel: npt.NDArray[np.float64], groups: int) -> npt.NDArray[np.float64]:
    """The kernel (oc, kh, kw, channels of a group) of a plain convolution: zeros elsewhere."""
    oc, kh, kw, each = kernel.shape
    dense = np.zeros((groups, oc // groups, kh, kw, groups, each), kernel.dtype)
    for g in range(groups):
        dense[g, :, :, :, g] = kernel.reshape(groups, -1, kh, kw, each)[g]
    return dense.reshape(oc, kh, kw, groups * each)


def emit_groups(program: Program, step: Step, output: Activation, groups: int, heads: int) -> int:
    """Append a grouped convolution; returns the activation that holds its output.

    Parameters
    ----------
    program
        Where steps are appended.
    step
        The convolution as a whole, its target not known yet; weights (oc, kh, kw, ...).
    output
        What it makes.
    groups
        Number of groups.
    heads
        Rows of ``oc`` numbers that its table begins with; with padding mode 2 a row of offsets for
        each row and column of the output follows, and sets of ``oc`` numbers.
    """
    h, w, oc = output.shape
    rows, columns, channels = program.activations[step.source].shape
    each = channels // groups
    dtype = program.activations[step.source].dtype
    assert step.weights is not None and step.table is not None
    joined = -1
    for g in range(groups):
        taken = program.add(Activation(dtype, (rows, columns, each), f"{output.name}/{g}"))
        program.steps.append(Step(_SLICE[dtype], step.source, taken, zero_point=g * each))
        mine = slice(g * oc // groups, (g + 1) * oc // groups)
        positions = (h, w) if step.pad == 2 else None
        target = program.add(Activation(output.dtype, (h, w, oc // groups), output.name))
        program.steps.append(
            replace(
                step,
                source=taken,
                target=target,
                weights=step.weights[mine],
                table=_split(step.table, oc, mine, heads, positions),
                macs=step.macs // groups,
            )
        )
        joined = target if joined < 0 else concat_channels(program, joined, target, output.name)
    return joined


def concat_channels(program: Program, one: int, two: int, name: str) -> int:
    """Append a step that joins the channels of two activations; returns what it makes.

    Dense shortcuts join the same layers again and again: a step that is there already is used.
    """
    a, b = program.activations[one], program.activations[two]
    for step in program.steps:
        if (step.code, step.source, step.other) == (_CONCAT[a.dtype], one, two):
            return step.target
    h, w, c = a.shape
    target = program.add(Activation(a.dtype, (h, w, c + b.shape[2]), name))
    program.steps.append(Step(_CONCAT[a.dtype], one, target, other=two))
    return target


def _split(
    table: npt.NDArray[np.generic],
    oc: int,
    mine: slice,
    heads: int,
    positions: tuple[int, int] | None,
) -> npt.NDArray[np.generic]:
    """What one group needs of a table."""
    n = mine.stop - mine.start
    parts = [table[: heads * oc].reshape(heads, oc)[:, mine]]
    if positions is not None:
        (oh, ow), at = positions, heads * oc
        begin = at + oh + ow
        offsets = table[at:begin].astype(np.int64)
        offsets[:oh] -= begin
        offsets = offsets // oc * n
        offsets[:oh] += heads * n + oh + ow
        parts += [offsets, table[begin:].reshape(-1, oc)[:, mine]]
    return np.concatenate([part.reshape(-1) for part in parts]).astype(table.dtype)
