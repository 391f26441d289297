"""What a board runs: tinycl_rt and its native kernels, beside the board's build.

A QEMU board finds them in a ROMFS image, read in place; the unix port in a folder. Where they lie
is ``tinycl.boards.cache``'s matter.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tinycl.boards.cache import description, digest, runtime_digest
from tinycl.boards.romfs import romfs_image
from tinycl.exceptions import TinyclError
from tinycl.flash import native
from tinycl.flash.runtime import runtime_files

from .errors import BoardBuildError
from .machines import Board
from .paths import PROJECT
from .staging import stage

__all__ = ["build_native", "build_runtime", "place_runtime"]

_KEPT = 5
_RUNTIME = PROJECT / "firmware" / "tinycl_rt"
# What runs at power-up.
_MICROPYTHON = [PROJECT / "firmware" / "main.py"]
_CIRCUITPYTHON = [PROJECT / "firmware" / "boot.py", PROJECT / "firmware" / "code.py"]


def build_native(arch: str) -> Path:
    """Build the native kernels of one architecture; return the folder with ``ARCH_6.3/``."""
    try:
        return native.build_native(arch)
    except TinyclError as error:
        raise BoardBuildError(str(error)) from error


def build_runtime(board: Board) -> None:
    """Stage the runtime for a board that is built, if there is anything to do."""
    described = description(board.name, runtime_digest(_RUNTIME))
    folder = described.parent
    programs = _MICROPYTHON if board.arch else _CIRCUITPYTHON
    about = json.loads((board.folder / "board.json").read_text())
    about |= {"lib": str(folder / "lib"), "programs": digest(programs)}
    about |= {"native": native.native_digest() if board.arch else ""}
    if board.romfs:
        about["command"] += board.with_rom(folder / "rom.img")
    text = json.dumps(about, indent=2) + "\n"
    if described.is_file() and described.read_text() == text:
        return
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "lib").mkdir(parents=True)
    kernels = [build_native(board.arch)] if board.arch else []
    place_runtime(folder / "lib", board.arch or None)
    stage(programs, folder / "lib", board, kernels)
    if board.romfs:
        (folder / "rom.img").write_bytes(romfs_image(folder / "lib"))
    described.write_text(text)
    _prune(folder)


def place_runtime(lib: Path, arch: str | None, profile: str = "serve") -> None:
    """Put the runtime as boards get it into a folder of libraries, viper kernels included."""
    try:
        files = runtime_files(profile, arch, viper=arch is not None)
    except TinyclError as error:
        raise BoardBuildError(str(error)) from error
    for path, data in files.items():
        target = lib / "tinycl_rt" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def _prune(newest: Path) -> None:
    """Keep the runtimes made last; a checkout that lost its own makes it again."""
    others = [f for f in newest.parent.iterdir() if f != newest]
    for old in sorted(others, key=lambda f: f.stat().st_mtime, reverse=True)[_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)
