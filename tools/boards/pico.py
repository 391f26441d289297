"""The flash of a Pico with tinycl on it: firmware, then a file system as MicroPython makes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tinycl.boards import Board
from tinycl.boards.pico import FLASH_BYTES
from tinycl.exceptions import BoardError

__all__ = ["pico_image"]

_BLOCK = 4096
_PAGE = 256  # ports/rp2/modules/_boot.py
_PROGRAM = "main.py"


def pico_image(board: Board, lib: Path) -> bytes:
    """Return the flash with the files of `lib` in ``/lib``, and the program in ``/``."""
    try:
        from littlefs import LittleFS
    except ImportError:
        raise BoardError("littlefs-python is missing: pip install littlefs-python") from None
    assert board.flash_bytes is not None
    blocks = board.flash_bytes // _BLOCK
    system = LittleFS(block_size=_BLOCK, block_count=blocks, read_size=32, prog_size=_PAGE)
    for file in sorted(lib.rglob("*")):
        path = "/lib/" + file.relative_to(lib).as_posix()
        if file.is_dir():
            system.makedirs(path, exist_ok=True)
        elif file.name == _PROGRAM:
            _write(system, "/" + _PROGRAM, file)
        else:
            system.makedirs(path.rpartition("/")[0], exist_ok=True)
            _write(system, path, file)
    firmware = (board.folder / board.binary).read_bytes()
    files = bytes(system.context.buffer)
    return firmware.ljust(FLASH_BYTES - len(files), b"\xff") + files


def _write(system: Any, path: str, source: Path) -> None:
    with system.open(path, "wb") as file:
        file.write(source.read_bytes())
