"""What a board runs: tinycl_rt and its native kernels, beside the board's build.

A QEMU board finds them in a ROMFS image, read in place; the unix port in a folder; the Pico in its
flash. Where they lie
is ``tinycl.boards.cache``'s matter.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from tinycl.boards import Board
from tinycl.boards.cache import description, digest, runtime_digest
from tinycl.boards.romfs import romfs_image
from tinycl.flash.native import build_native, native_digest
from tinycl.flash.runtime import runtime_files

from .paths import PROJECT
from .pico import pico_image
from .staging import stage

__all__ = ["build_native", "build_runtime", "stage_runtime", "write_runtime"]

_KEPT = 20
_RUNTIME = PROJECT / "firmware" / "tinycl_rt"
# What runs at power-up.
_MICROPYTHON = [PROJECT / "firmware" / "main.py"]
_CIRCUITPYTHON = [PROJECT / "firmware" / "boot.py", PROJECT / "firmware" / "code.py"]


def stage_runtime(
    folder: Path,
    board: Board,
    parts: Sequence[Path] = (),
    kernels: bool = True,
    profile: str | None = None,
    sound: bool = False,
) -> None:
    """Put ``tinycl_rt`` and `parts` into `folder`, as `board` wants them.

    Parameters
    ----------
    folder : Path
    board : Board
    parts : sequence of Path
        Files and packages.
    kernels : bool
        With the native kernels of the board's architecture, if it loads machine code.
    profile : str, optional
        Pack the runtime as ``tinycl flash`` does. By default its modules stay as they are, for
        tests that look inside.
    sound : bool
        Packed with the sound front end.

    Raises
    ------
    TinyclError
        A part or a kernel cannot be built.
    """
    native = [build_native(board.native_arch)] if kernels and board.native_arch else []
    stage([*([] if profile else [_RUNTIME]), *parts], folder, board, native)
    if profile:
        write_runtime(folder, profile, board.native_arch or None, sound)


def write_runtime(folder: Path, profile: str, arch: str | None, sound: bool = False) -> None:
    """Put what ``tinycl flash`` copies into `folder`: see ``tinycl.flash.runtime``."""
    for path, data in runtime_files(profile, arch, bool(arch), sound).items():
        target = folder / "tinycl_rt" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def build_runtime(board: Board) -> None:
    """Stage the runtime for a board that is built, if there is anything to do."""
    described = description(board.name, runtime_digest(_RUNTIME))
    folder = described.parent
    programs = _MICROPYTHON if board.native_arch else _CIRCUITPYTHON
    about = json.loads((board.folder / "board.json").read_text())
    about |= {"lib": str(folder / "lib"), "programs": digest(programs)}
    about |= {"native": native_digest() if board.native_arch else "", "sound": True}
    if board.romfs:
        about["command"] = board.command(folder / "rom.img")
    text = json.dumps(about, indent=2) + "\n"
    if described.is_file() and described.read_text() == text:
        return
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "lib").mkdir(parents=True)
    stage_runtime(folder / "lib", board, programs, profile="serve", sound=True)
    if board.romfs:
        (folder / "rom.img").write_bytes(romfs_image(folder / "lib"))
    if board.kind == "real":
        (folder / "pico.img").write_bytes(pico_image(board, folder / "lib"))
    described.write_text(text)
    _prune(folder)


def _prune(newest: Path) -> None:
    """Keep the runtimes made last; a checkout that lost its own makes it again."""
    others = [f for f in newest.parent.iterdir() if f != newest]
    for old in sorted(others, key=lambda f: f.stat().st_mtime, reverse=True)[_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)
