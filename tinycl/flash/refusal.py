"""A board's tracebacks in one sentence, with what to do."""

from __future__ import annotations

import errno

from tinycl.exceptions import FlashError

__all__ = ["refusal"]

_LEAST_HEAP = 60_000  # bytes: the service from files, without a model


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
        return FlashError(
            f"{name}: the board's heap is too small ({last}): tinycl needs "
            f"{_LEAST_HEAP // 1000} KB of free heap to learn; reset a board that has them, and "
            "take another one otherwise"
        )
    return FlashError(f"{name}: the board refused: {last}")
