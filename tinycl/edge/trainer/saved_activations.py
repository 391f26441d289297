"""What a training step keeps of its activations until the backward pass.

Every class here holds (samples, elements) and is written and read by ranges of samples, or read
by ranges of elements. ``values`` in and out are float32.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from tinycl.edge.trainer.workspace import FloatArray

__all__ = ["Bits", "Flags", "Inputs", "Pixels", "RealFlags", "RealSigns", "signs_of"]


class Inputs(Protocol):
    """The input of a layer, as the numbers that its weights are multiplied with."""

    def samples(self, start: int, stop: int, out: FloatArray) -> None:
        """Write the samples from ``start`` to ``stop`` into (samples, elements)."""

    def columns(self, start: int, stop: int, out: FloatArray) -> None:
        """Write the elements from ``start`` to ``stop`` of the first samples."""


class Flags(Protocol):
    """One yes or no for each element."""

    def put(self, start: int, stop: int, flags: npt.NDArray[np.bool_]) -> None:
        """Keep (samples, elements) for these samples."""

    def get(self, start: int, stop: int) -> npt.NDArray[np.uint8] | FloatArray:
        """Return them as 0 and 1."""


class Bits:
    """Packed bits, eight elements a byte, least significant first; 1 stands for -1 in signs."""

    def __init__(self, batch: int, size: int) -> None:
        self.size = size
        self.packed = np.zeros((batch, (size + 7) // 8), np.uint8)

    def put(self, start: int, stop: int, flags: npt.NDArray[np.bool_]) -> None:
        """Keep (samples, elements) for these samples."""
        self.packed[start:stop] = np.packbits(flags, axis=1, bitorder="little")

    def get(self, start: int, stop: int) -> npt.NDArray[np.uint8]:
        """Return them as 0 and 1."""
        packed = self.packed[start:stop]
        return np.unpackbits(packed, axis=1, count=self.size, bitorder="little")

    def samples(self, start: int, stop: int, out: FloatArray) -> None:
        """Write +1 and -1 of these samples."""
        signs_of(self.get(start, stop), out)

    def columns(self, start: int, stop: int, out: FloatArray) -> None:
        """Write +1 and -1 of elements ``start``, a multiple of 8, to ``stop``."""
        packed = self.packed[: len(out), start // 8 : (stop + 7) // 8]
        signs_of(np.unpackbits(packed, axis=1, count=stop - start, bitorder="little"), out)


class RealSigns:
    """Float32 activations, of which the layer behind sees the signs."""

    def __init__(self, batch: int, size: int) -> None:
        self.values = np.zeros((batch, size), np.float32)

    def samples(self, start: int, stop: int, out: FloatArray) -> None:
        """Write +1 and -1 of these samples."""
        signs_of(self.values[start:stop] < 0, out)

    def columns(self, start: int, stop: int, out: FloatArray) -> None:
        """Write +1 and -1 of these elements of the first samples."""
        signs_of(self.values[: len(out), start:stop] < 0, out)


class RealFlags:
    """One float32 for each flag."""

    def __init__(self, batch: int, size: int) -> None:
        self.values = np.zeros((batch, size), np.float32)

    def put(self, start: int, stop: int, flags: npt.NDArray[np.bool_]) -> None:
        """Keep (samples, elements) for these samples."""
        self.values[start:stop] = flags

    def get(self, start: int, stop: int) -> FloatArray:
        """Return them as 0 and 1."""
        return self.values[start:stop]


class Pixels:
    """The batch itself, which belongs to the caller: uint8 is scaled to -1..1, floats stay."""

    def __init__(self, batch: npt.NDArray[np.generic]) -> None:
        self._values = batch.reshape(len(batch), -1)

    def samples(self, start: int, stop: int, out: FloatArray) -> None:
        """Write these samples."""
        self._write(self._values[start:stop], out)

    def columns(self, start: int, stop: int, out: FloatArray) -> None:
        """Write these elements of the first samples."""
        self._write(self._values[:, start:stop], out)

    def _write(self, values: npt.NDArray[np.generic], out: FloatArray) -> None:
        out[...] = values
        if values.dtype == np.uint8:
            out *= 2 / 255
            out -= 1


def signs_of(is_negative: npt.NDArray[np.generic], out: FloatArray) -> None:
    """Write -1 where a flag is set, else +1; both of the same shape."""
    np.multiply(is_negative, np.float32(-2), out=out)
    out += 1
