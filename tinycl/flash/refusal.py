"""A board's tracebacks in one sentence, with what to do."""

from __future__ import annotations

import errno

from tinycl.exceptions import FlashError
from tinycl.flash.heap import heap_error

__all__ = ["refusal"]


def refusal(name: str, trouble: str) -> FlashError:
    """Return the error for a traceback that the board called `name` printed."""
    last = (trouble.strip().splitlines() or ["no reason given"])[-1]
    if last.startswith("OSError"):
        text = last.partition(":")[2].strip()
        if "ENOSPC" in text or text == str(errno.ENOSPC):
            return FlashError(
                f"{name}: the board's file system is full: remove files from it, or choose a "
                "smaller model"
            )
        if "EROFS" in text or text == str(errno.EROFS):
            return FlashError(
                f"{name}: the board's file system is read-only to the board: under CircuitPython "
                "the computer has it, so give its drive: --drive"
            )
    if last.startswith("MemoryError"):
        return heap_error(name)
    return FlashError(f"{name}: the board refused: {last}")
