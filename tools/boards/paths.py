"""Where things are: the project's files, the cache outside the tree."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["FIRMWARE", "PROJECT", "board_folder", "cache", "mpy_cross"]

PROJECT = Path(__file__).resolve().parents[2]
FIRMWARE = PROJECT / "firmware" / "boards"


def cache() -> Path:
    """Return the folder of sources and builds, ``~/.cache/tinycl`` if XDG does not say else."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "tinycl"


def board_folder(board: str) -> Path:
    """Return the folder of one board's build: ``board.json``, its binary, its log."""
    return cache() / "boards" / board


def mpy_cross() -> Path:
    """Return the path of the cross-compiler that belongs to the boards' MicroPython."""
    return board_folder("mpy-cross") / "mpy-cross"
