"""How weights and momenta are stored between steps; arithmetic is on float32 chunks of rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from tinycl.edge.trainer.saved_activations import signs_of
from tinycl.edge.trainer.workspace import FloatArray

__all__ = ["Fixed", "Float32", "SignBits", "Storage"]


class Storage:
    """A (rows, columns) array that is read and written by ranges of rows."""

    data: npt.NDArray[Any]

    def load(self, start: int, stop: int, out: FloatArray) -> None:
        """Write rows ``start`` to ``stop`` into (rows, columns)."""
        raise NotImplementedError

    def save(self, start: int, stop: int, values: FloatArray) -> None:
        """Store rows; ``values`` may be overwritten."""
        raise NotImplementedError

    def signs(self, start: int, stop: int, out: FloatArray) -> None:
        """Write +1, or -1 for what is below zero."""
        signs_of(self.data[start:stop] < 0, out)


class Fixed(Storage):
    """Fixed point: ``value = data * bound / largest``; saturates at plus and minus bound.

    int16 takes as many bytes as float16, is more exact near the bound, and many times faster to
    convert.

    Parameters
    ----------
    bits
        16 or 8.
    """

    def __init__(self, rows: int, columns: int, bound: float, bits: int = 16) -> None:
        self._largest = 2 ** (bits - 1) - 1
        self._unit = np.float32(bound / self._largest)
        kind = np.int16 if bits == 16 else np.int8
        self.data = np.zeros((rows, columns), kind)

    def load(self, start: int, stop: int, out: FloatArray) -> None:
        """Write rows ``start`` to ``stop`` into (rows, columns)."""
        np.multiply(self.data[start:stop], self._unit, out=out)

    def save(self, start: int, stop: int, values: FloatArray) -> None:
        """Round to the nearest; ``values`` are overwritten."""
        values *= 1 / self._unit
        np.rint(values, out=values)
        np.minimum(values, self._largest, out=values)
        np.maximum(values, -self._largest, out=values)
        self.data[start:stop] = values


class SignBits(Storage):
    """One bit for each value, plus or minus one: weights without latent weights (Bop)."""

    def __init__(self, rows: int, columns: int) -> None:
        self._columns = columns
        self.data = np.zeros((rows, (columns + 7) // 8), np.uint8)

    def load(self, start: int, stop: int, out: FloatArray) -> None:
        """See `Storage`."""
        packed = self.data[start:stop]
        bits = np.unpackbits(packed, axis=1, count=self._columns, bitorder="little")
        signs_of(bits, out)

    def save(self, start: int, stop: int, values: FloatArray) -> None:
        """Keep the signs."""
        self.data[start:stop] = np.packbits(values < 0, axis=1, bitorder="little")

    signs = load


class Float32(Storage):
    """Plain float32."""

    def __init__(self, rows: int, columns: int) -> None:
        self.data = np.zeros((rows, columns), np.float32)

    def load(self, start: int, stop: int, out: FloatArray) -> None:
        """Write rows ``start`` to ``stop`` into (rows, columns)."""
        out[...] = self.data[start:stop]

    def save(self, start: int, stop: int, values: FloatArray) -> None:
        """Store rows."""
        self.data[start:stop] = values
