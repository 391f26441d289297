"""What the compiler works on between the flatbuffer and the .tcm file."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from tinycl_rt import tcm

__all__ = ["Activation", "Program", "Step", "Window", "pack_bits", "words"]

words = tcm.words


@dataclass(frozen=True)
class Window:
    """Kernel size, strides, and the padding before the first row and column."""

    kh: int = 1
    kw: int = 1
    sh: int = 1
    sw: int = 1
    top: int = 0
    left: int = 0


@dataclass(frozen=True)
class Activation:
    """A tensor on the board: ``dtype`` is ``tcm.PIXELS``, ``BITS``, ``COUNTS`` or ``FLOAT32``."""

    dtype: int
    shape: tuple[int, int, int]
    name: str = ""

    @property
    def nbytes(self) -> int:
        """Bytes it takes."""
        return tcm.tensor_bytes(self.dtype, *self.shape)


@dataclass(frozen=True)
class Step:
    """One operator of the board.

    ``weights`` are int8 (oc, kh, kw, c) for CONV8 and packed uint8 (oc, kh, kw, bytes) for BCONV;
    ``table`` int32 thresholds, or the packed mask of BPOOL. Real-valued operators have float32
    weights and tables; ``other`` is the second input of FLOAT_COMBINE.
    """

    code: int
    source: int
    target: int
    window: Window = Window()
    weights: npt.NDArray[Any] | None = None
    table: npt.NDArray[Any] | None = None
    pad: int = 0
    zero_point: int = 0
    shift: int = 0
    macs: int = 0
    """Multiply-accumulates that lie inside the image."""
    other: int | None = None

    @property
    def sources(self) -> tuple[int, ...]:
        """All activations that it reads."""
        return (self.source,) if self.other is None else (self.source, self.other)


@dataclass
class Program:
    """A whole model: activations, steps in order, and what the board's head takes the place of.

    ``output`` is the activation with the float outputs, if they are wanted.
    """

    activations: list[Activation] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    output: int | None = None

    def add(self, activation: Activation) -> int:
        """Append an activation and return its index."""
        self.activations.append(activation)
        return len(self.activations) - 1

    def pruned(self, wanted: Iterable[int]) -> tuple["Program", dict[int, int]]:
        """Only what the wanted activations need, and the new index of each that is left."""
        needed = {0, *wanted}
        for step in reversed(self.steps):
            if step.target in needed:
                needed.update(step.sources)
        index = {old: new for new, old in enumerate(sorted(needed))}
        steps = [
            replace(
                step,
                source=index[step.source],
                target=index[step.target],
                other=None if step.other is None else index[step.other],
            )
            for step in self.steps
            if step.target in needed
        ]
        kept = [self.activations[old] for old in sorted(needed)]
        return Program(kept, steps, self.dropped, self.output), index


def pack_bits(negative: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint8]:
    """Boolean (..., channels), true for -1 -> uint8 (..., bytes), whole 32-bit words."""
    bits = np.packbits(negative, axis=-1, bitorder="little")
    short = words(negative.shape[-1]) - bits.shape[-1]
    return np.pad(bits, [(0, 0)] * (bits.ndim - 1) + [(0, short)])
