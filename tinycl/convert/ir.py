"""What the compiler works on between the flatbuffer and the .tcm file."""

from dataclasses import dataclass, field
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
    """A tensor on the board: ``dtype`` is one of ``tcm.PIXELS``, ``BITS``, ``COUNTS``."""

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
    ``table`` int32 thresholds, or the packed mask of BPOOL.
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


@dataclass
class Program:
    """A whole model: activations, steps in order, and what the board's head takes the place of."""

    activations: list[Activation] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)

    def add(self, activation: Activation) -> int:
        """Append an activation and return its index."""
        self.activations.append(activation)
        return len(self.activations) - 1


def pack_bits(negative: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint8]:
    """Boolean (..., channels), true for -1 -> uint8 (..., bytes), whole 32-bit words."""
    bits = np.packbits(negative, axis=-1, bitorder="little")
    short = words(negative.shape[-1]) - bits.shape[-1]
    return np.pad(bits, [(0, 0)] * (bits.ndim - 1) + [(0, short)])
