"""Whether a board's heap is large enough to learn in; said before anything is copied."""

from __future__ import annotations

from tinycl.compiler.fit.placement import HEAP_BYTES, code_bytes
from tinycl.exceptions import FlashError
from tinycl.flash.identity import Identity
from tinycl.text import size

__all__ = ["check_heap", "heap_error"]

# Of the heap that a board told as taken, while ``on_board`` lay in it: that, and the firmware's
# own. The figures of what is needed have the firmware's too.
_TAKEN = 6_500


def check_heap(name: str, board: Identity, place: str) -> None:
    """Raise FlashError if the service and a head do not fit the heap of the board called `name`.

    Parameters
    ----------
    name
    board
        One that did not tell its heap may have any.
    place
        Where the runtime goes: ``rom`` or ``files``.
    """
    needed = code_bytes(place == "rom", bool(board.mpy))
    if board.heap and board.heap + _TAKEN < needed:
        raise heap_error(name, needed, board.heap + _TAKEN)


def heap_error(name: str, needed: int = HEAP_BYTES, found: int | None = None) -> FlashError:
    """The error for a heap that is too small."""
    told = f" ({size(found)})" if found is not None else ""
    return FlashError(
        f"{name}: the board's heap is too small{told}: tinycl needs {size(needed)} to learn, "
        "besides the model; take a board with more memory"
    )
