"""Boards: the registry of real ones, and emulated ones that need no hardware.

Examples
--------
>>> from tinycl.boards import get
>>> get("pico").heap_bytes
246144
"""

from tinycl.boards.board import Board
from tinycl.boards.emulated import EmulatedBoard
from tinycl.boards.launch import bare, missing, start
from tinycl.boards.registry import BOARDS, get, names

__all__ = ["BOARDS", "Board", "EmulatedBoard", "bare", "get", "missing", "names", "start"]
