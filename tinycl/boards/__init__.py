"""Boards: the registry of real ones, and emulated ones that need no hardware.

Examples
--------
>>> from tinycl.boards import get
>>> get("pico").heap_bytes
245888
"""

from tinycl.boards.emulated import EmulatedBoard, start
from tinycl.boards.registry import BOARDS, Board, get, names

__all__ = ["BOARDS", "Board", "EmulatedBoard", "get", "names", "start"]
