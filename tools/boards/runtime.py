"""What a board runs: tinycl_rt and its native kernels, beside the board's build.

A QEMU board finds them in a ROMFS image, read in place; the unix port in a folder. Where they lie
is ``tinycl.boards.cache``'s matter.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

from tinycl.boards.cache import description, runtime_digest

from .errors import BoardBuildError
from .machines import Board
from .paths import PROJECT, cache
from .romfs import romfs_image
from .source import source_folder
from .staging import stage

__all__ = ["build_native", "build_runtime"]

_KEPT = 5
_RUNTIME = PROJECT / "firmware" / "tinycl_rt"
# What runs at power-up.
_MICROPYTHON = [PROJECT / "firmware" / "main.py"]
_CIRCUITPYTHON = [PROJECT / "firmware" / "boot.py", PROJECT / "firmware" / "code.py"]
_NATIVE = PROJECT / "firmware" / "native"


def build_native(arch: str) -> Path:
    """Build the native kernels of one architecture; return the folder with ``ARCH_6.3/``."""
    if not shutil.which("make"):
        raise BoardBuildError("no make to build the native kernels with: run tools/setup.sh")
    dist = cache() / "native" / native_digest()
    command = ["make", "-C", str(_NATIVE), arch, f"DIST={dist}", f"BUILD={dist / 'build'}"]
    command += [f"MPY_DIR={source_folder()}", f"PYTHON={sys.executable}"]
    ran = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if ran.returncode:
        tail = "\n".join((ran.stdout + ran.stderr).strip().splitlines()[-10:])
        raise BoardBuildError(f"the native kernels for {arch} do not build:\n{tail}")
    return dist


def native_digest() -> str:
    """SHA-256 of the sources of the native kernels, 16 hex digits."""
    return _digest(sorted(file for file in _NATIVE.iterdir() if file.is_file()))


def _digest(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


def build_runtime(board: Board) -> None:
    """Stage the runtime for a board that is built, if there is anything to do."""
    described = description(board.name, runtime_digest(_RUNTIME))
    folder = described.parent
    programs = _MICROPYTHON if board.arch else _CIRCUITPYTHON
    about = json.loads((board.folder / "board.json").read_text())
    about |= {"lib": str(folder / "lib"), "programs": _digest(programs)}
    about |= {"native": native_digest() if board.arch else ""}
    if board.romfs:
        about["command"] += board.with_rom(folder / "rom.img")
    text = json.dumps(about, indent=2) + "\n"
    if described.is_file() and described.read_text() == text:
        return
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "lib").mkdir(parents=True)
    native = [build_native(board.arch)] if board.arch else []
    stage([_RUNTIME, *programs], folder / "lib", board, native)
    if board.romfs:
        (folder / "rom.img").write_bytes(romfs_image(folder / "lib"))
    described.write_text(text)
    _prune(folder)


def _prune(newest: Path) -> None:
    """Keep the runtimes made last; a checkout that lost its own makes it again."""
    others = [f for f in newest.parent.iterdir() if f != newest]
    for old in sorted(others, key=lambda f: f.stat().st_mtime, reverse=True)[_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)
