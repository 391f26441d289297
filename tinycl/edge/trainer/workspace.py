"""The two large buffers of a step: Y or dX, and dY."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["Workspace"]


class Workspace:
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
