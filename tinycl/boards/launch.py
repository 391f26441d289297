"""Makes emulated boards by their names."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path
from typing import Any

from tinycl.boards.board import Board
from tinycl.boards.cache import description
from tinycl.boards.emulated import CPythonBoard, EmulatedBoard
from tinycl.boards.micropython import CircuitPythonBoard, MicroPythonBoard, UnixBoard
from tinycl.boards.pico import PicoBoard
from tinycl.boards.registry import BUILT, PICO, get
from tinycl.exceptions import BoardError

__all__ = ["bare", "missing", "start"]

_CLASSES: dict[str, type[EmulatedBoard]] = {
    "cpython": CPythonBoard,
    "unix": UnixBoard,
    "circuitpython": CircuitPythonBoard,
    "pico": PicoBoard,
}
"""Of boards that are not just a machine of QEMU."""


def start(name: str = "cpython", **options: Any) -> EmulatedBoard:
    """Make the emulated board called `name` (not yet running: use ``with``, or ``start()``).

    Parameters
    ----------
    name : str
        See ``tinycl.boards.registry``.
    options
        Of the board's class, such as ``flash``, ``kernels``.

    Raises
    ------
    BoardError
        There is no such board, it is a real one, or it needs programs that are missing.
    """
    _emulated(name)
    lack = missing(name)
    if lack:
        raise BoardError(f"the emulated board {name} needs {', '.join(lack)}")
    make = _CLASSES.get(name) or partial(MicroPythonBoard, name)
    return make(**options)


def bare(name: str, flash: Path | None = None, firmware: Path | None = None) -> EmulatedBoard:
    """Make an emulated board with plain firmware: what it runs is what is put into its flash.

    Parameters
    ----------
    name : str
    flash : Path, optional
    firmware : Path, optional
        Another than the board was built with, for ``pico``.

    Raises
    ------
    BoardError
        There is no such board, it is a real one, or it is not built.
    """
    if name == PICO.name:
        return PicoBoard(flash, bare=True, firmware=firmware)
    if not _emulated(name).native_arch:
        able = ", ".join(board.name for board in [*BUILT.values(), PICO] if board.native_arch)
        raise BoardError(f"{name} cannot be flashed: it runs this tinycl; boards that can: {able}")
    if name == "unix":
        return UnixBoard(flash, bare=True)
    return MicroPythonBoard(name, flash, bare=True)


def missing(name: str) -> list[str]:
    """What this computer lacks to start the emulated board `name`; empty when it is ready."""
    board = get(name)
    if not board.binary or description(name).exists():
        return []
    lack = [program for program in board.needs if not shutil.which(program)]
    return [*lack, "building: make boards"]


def _emulated(name: str) -> Board:
    board = get(name)
    if not board.is_emulated:
        raise BoardError(f"{name} is a real board: plug it in and name its port with --port")
    return board
