"""Working memory that all layers share: allocated once, as large as the largest asks for.

Besides the named buffers of `Workspace` there are the two large ones of a step: Y or dX, and dY.
"""

from __future__ import annotations

from math import prod

import numpy as np
import numpy.typing as npt

__all__ = ["CHUNK", "FloatArray", "Workspace", "chunks", "rows_at_once", "saturated"]

FloatArray = npt.NDArray[np.float32]

CHUNK = 16384
"""Elements that a layer works on at a time, so that they stay in a processor's cache."""


_LARGEST = float(np.finfo(np.float16).max)


class Workspace:
    """Float32 buffers by name.

    Layers `reserve` while they are built and `take` views while they work. Two layers that
    reserve the same name share the memory: nothing in it outlives a call.
    """

    def __init__(self) -> None:
        self._sizes: dict[str, int] = {}
        self._buffers: dict[str, FloatArray] = {}

    def reserve(self, name: str, size: int) -> None:
        """Ask for at least ``size`` elements."""
        self._sizes[name] = max(size, self._sizes.get(name, 0))

    def take(self, name: str, *shape: int) -> FloatArray:
        """A view of the buffer, of this shape, with whatever is in it."""
        if name not in self._buffers:
            self._buffers[name] = np.empty(self._sizes[name], np.float32)
        return self._buffers[name][: prod(shape)].reshape(shape)

    @property
    def nbytes(self) -> int:
        """Bytes of all buffers that were taken so far."""
        return sum(buffer.nbytes for buffer in self._buffers.values())


class SwapBuffers:
    """Two equal pieces of memory that swap roles layer by layer.

    Parameters
    ----------
    nbytes
        Of each.
    """

    def __init__(self, nbytes: int) -> None:
        self._buffers = [np.zeros(nbytes, np.uint8), np.zeros(nbytes, np.uint8)]

    @property
    def nbytes(self) -> int:
        """Bytes of both."""
        return sum(buffer.nbytes for buffer in self._buffers)

    def first(self, count: int, elements: int, dtype: npt.DTypeLike) -> npt.NDArray[np.floating]:
        """The one in use, as (count, elements)."""
        return self._view(0, count, elements, dtype)

    def second(self, count: int, elements: int, dtype: npt.DTypeLike) -> npt.NDArray[np.floating]:
        """The other one."""
        return self._view(1, count, elements, dtype)

    def swap(self) -> None:
        """The other one is in use now."""
        self._buffers.reverse()

    def _view(
        self, index: int, count: int, elements: int, dtype: npt.DTypeLike
    ) -> npt.NDArray[np.floating]:
        size = count * elements * np.dtype(dtype).itemsize
        return self._buffers[index][:size].view(dtype).reshape(count, elements)


def chunks(total: int, each: int) -> list[tuple[int, int]]:
    """Cut ``range(total)`` into (start, stop) of at most ``each``."""
    return [(start, min(start + each, total)) for start in range(0, total, each)]


def rows_at_once(units: int) -> int:
    """Rows of a (fan-in, units) array that a layer works on at a time: 8 to 64, in eights."""
    return min(64, max(8, CHUNK // units // 8 * 8))


def saturated(values: FloatArray, dtype: npt.DTypeLike) -> FloatArray:
    """The same array, within what a narrower floating type holds: no infinity may come out."""
    if np.dtype(dtype) != np.float32:
        np.clip(values, -_LARGEST, _LARGEST, out=values)
    return values
