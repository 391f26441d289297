"""Lays out files for a board: sources precompiled, the native modules of its architecture."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tinycl.boards import Board
from tinycl.boards.version import ABI
from tinycl.exceptions import BoardError
from tinycl.packing.sources import is_host_only

from .paths import mpy_cross

__all__ = ["compile_file", "stage"]

# Found by name at power-up, so not compiled ahead.
_AS_SOURCE = ("boot.py", "main.py")


def stage(
    parts: list[Path], folder: Path, board: Board | None = None, native: list[Path] | None = None
) -> None:
    """Put `parts` (files and packages) into `folder`, as `board` wants them.

    For a MicroPython board every ``.py`` becomes a ``.mpy`` of its architecture; without a board,
    or where it has none, files are copied as they are. Of each folder in `native`, what is in
    ``ARCH_6.3/`` is copied.

    Raises
    ------
    BoardError
        If a part is not there, does not compile, or the board is not built.
    """
    if board and not (board.folder / board.binary).is_file():
        raise BoardError(f"{board.name} is not built: run python -m tools.boards {board.name}")
    for part in parts:
        if not part.exists():
            raise BoardError(f"no file or folder {part}")
        if part.is_dir():
            for file in sorted(part.rglob("*")):
                if file.suffix == ".pyi" or "__pycache__" in file.parts or not file.is_file():
                    continue
                if not (board and is_host_only(file.relative_to(part).as_posix())):
                    _place(file, folder / part.name / file.relative_to(part), board)
        else:
            _place(part, folder / part.name, board)
    for build in native or []:
        if board and board.native_arch:
            for file in sorted((build / f"{board.native_arch}_{ABI}").glob("*.mpy")):
                shutil.copy(file, folder)


def compile_file(source: Path, target: Path, arch: str) -> None:
    """Compile one source to ``.mpy``; raise BoardError, with mpy-cross's message, if not."""
    words = [f"-march={arch}", "-s", source.name, "-o", str(target), str(source)]
    ran = subprocess.run([str(mpy_cross()), *words], capture_output=True, text=True)
    if ran.returncode:
        raise BoardError(f"{source} does not compile for {arch}: {ran.stderr.strip()}")


def _place(file: Path, target: Path, board: Board | None) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if board and board.native_arch and file.suffix == ".py" and file.name not in _AS_SOURCE:
        compile_file(file, target.with_suffix(".mpy"), board.native_arch)
    else:
        shutil.copy(file, target)
