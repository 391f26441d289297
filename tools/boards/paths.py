"""Where things are: the project's files, the cache outside the tree."""

from __future__ import annotations

from pathlib import Path

from tinycl.boards.cache import board_folder, cache

__all__ = ["FIRMWARE", "ON_BOARD", "PROJECT", "board_folder", "cache", "mpy_cross"]

PROJECT = Path(__file__).resolve().parents[2]
FIRMWARE = PROJECT / "firmware" / "boards"
ON_BOARD = PROJECT / "tools" / "bench" / "on_board"


def mpy_cross() -> Path:
    """Return the path of the cross-compiler that belongs to the boards' MicroPython."""
    return board_folder("mpy-cross") / "mpy-cross"
