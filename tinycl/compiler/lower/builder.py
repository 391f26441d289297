"""Append operators to a program; take the sign of an accumulator."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from tinycl_rt import tcm

from tinycl.compiler.graph import Node, Value
from tinycl.compiler.ir import Activation, Program, Step, Window, pack_bits
from tinycl.compiler.lower.groups import concat_channels, emit_groups
from tinycl.compiler.lower.symbols import Accumulator, Bits
from tinycl.exceptions import CompileError

__all__ = ["Builder"]

Shape = tuple[int, int, int]


class Builder:
    """The program so far, the graph tensor that holds each activation's signs, and the first
    convolution's accumulator."""

    def __init__(self, input_shape: Shape) -> None:
        self.program = Program()
        self.program.add(Activation(tcm.PIXELS, input_shape, "pixels"))
        self.sign_tensors: dict[int, Value] = {}
        self.first: Accumulator | None = None

    def shape(self, activation: int) -> Shape:
        """Rows, columns, channels of an activation."""
        return self.program.activations[activation].shape

    def emit(
        self,
        node: Node,
        code: int,
        source: int,
        shape: Shape,
        window: Window,
        weights: npt.NDArray[np.generic] | None = None,
        table: npt.NDArray[np.generic] | None = None,
        pad: int = 0,
        zero_point: int = 0,
        macs: int = 0,
        groups: int = 1,
    ) -> Bits:
        """Append a step that makes bits; groups as in ``emit_floats``."""
        output = Activation(tcm.BITS, shape, node.outputs[0].name)
        step = Step(code, source, 0, window, weights, table, pad, zero_point, 0, macs)
        target = self._append(step, output, groups, 0 if pad == 2 else 1)
        self.sign_tensors[target] = node.outputs[0]
        return Bits(target)

    def emit_floats(
        self,
        name: str,
        code: int,
        source: int,
        shape: Shape,
        window: Window | None = None,
        weights: npt.NDArray[np.generic] | None = None,
        table: npt.NDArray[np.generic] | None = None,
        pad: int = 0,
        activation: int = 0,
        macs: int = 0,
        other: int | None = None,
        groups: int = 1,
        heads: int = 1,
    ) -> int:
        """Append a step that makes floats; returns their activation.

        A convolution of several ``groups`` becomes several steps, see ``emit_groups``.
        """
        output = Activation(tcm.FLOAT32, shape, name)
        numbers = (pad, 0, activation, macs, other)
        step = Step(code, source, 0, window or Window(), weights, table, *numbers)
        return self._append(step, output, groups, heads)

    def _append(self, step: Step, output: Activation, groups: int, heads: int) -> int:
        if groups > 1:
            return emit_groups(self.program, step, output, groups, heads)
        target = self.program.add(output)
        self.program.steps.append(replace(step, target=target))
        return target

    def pool(self, node: Node, bits: Bits, window: Window, shape: Shape) -> Bits:
        """Append a max pooling of bits."""
        mask = pack_bits(np.zeros(shape[2], bool))
        return self.emit(node, tcm.BPOOL, bits.activation, shape, window, table=mask)

    def concatenation(self, node: Node, parts: Sequence[int]) -> Bits:
        """Append joins of the channels of bits."""
        joined = parts[0]
        for part in parts[1:]:
            joined = concat_channels(self.program, joined, part, node.outputs[0].name)
        self.sign_tensors[joined] = node.outputs[0]
        return Bits(joined)

    def sign(self, node: Node, acc: Accumulator) -> Bits:
        """Close a chain: the convolution with its thresholds, then what it pools.

        Pooling commutes with the sign; channels whose remaining chain falls take the minimum.
        CompileError: a sign of inverted pixels, for which the board has no operator.
        """
        pad, thresholds = acc.pad, acc.chain.thresholds(acc.name)
        if acc.zero_padding is not None:
            pad, thresholds = acc.zero_padding.table(acc.chain, acc.name)
        if acc.code == tcm.CONV8:
            self.first = acc
        signed = (acc.weights * thresholds.sign[:, None, None, None]).astype(np.int8)
        weights: npt.NDArray[np.generic] | None = signed
        if acc.code == tcm.BCONV:
            weights = pack_bits(np.less(signed, 0))
        elif acc.code == tcm.BINARISE:
            if np.any(thresholds.sign < 0):
                raise CompileError(
                    f"{acc.name} takes signs of inverted pixels: do not invert them"
                )
            weights = None
        bits = self.emit(
            node,
            acc.code,
            acc.source,
            acc.shape,
            acc.window,
            weights,
            thresholds.value,
            pad,
            acc.zero_point,
            acc.macs,
            acc.groups,
        )
        for pool in acc.pools:
            mask = pack_bits(acc.chain.falls_after(pool.after))
            bits = self.emit(node, tcm.BPOOL, bits.activation, pool.shape, pool.window, table=mask)
        return bits

    def latent(self, activation: int) -> Value:
        """The graph tensor of an activation's signs; CompileError for the pixels."""
        if activation not in self.sign_tensors:
            raise CompileError("the output depends on pixels alone: there is nothing binary in it")
        return self.sign_tensors[activation]
