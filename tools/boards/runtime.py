"""What a board runs: tinycl_rt and its native kernels, beside the board's build.

A QEMU board finds them in a ROMFS image, read in place; the unix port in a folder. ``board.json``
names them, with a digest of the runtime's sources: a host with another runtime refuses the board.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

from .errors import BoardBuildError
from .machines import Board
from .paths import PROJECT, cache
from .romfs import romfs_image
from .source import source_folder
from .staging import stage

__all__ = ["build_native", "build_runtime", "runtime_digest"]

_RUNTIME = PROJECT / "firmware" / "tinycl_rt"
_MAIN = PROJECT / "firmware" / "main.py"
_NATIVE = PROJECT / "firmware" / "native"


def runtime_digest(folder: Path = _RUNTIME) -> str:
    """SHA-256 of the runtime's sources as a board gets them, in hex."""
    digest = hashlib.sha256()
    for file in sorted(folder.glob("*.py")):
        if file.name != "kernels_numpy.py":
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def build_native(arch: str) -> Path:
    """Build the native kernels of one architecture; return the folder with ``ARCH_6.3/``."""
    dist = cache() / "native"
    command = [
        "make",
        "-C",
        str(_NATIVE),
        arch,
        f"DIST={dist}",
        f"BUILD={cache() / 'native-build'}",
    ]
    command += [f"MPY_DIR={source_folder()}", f"PYTHON={sys.executable}"]
    ran = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if ran.returncode:
        tail = "\n".join((ran.stdout + ran.stderr).strip().splitlines()[-10:])
        raise BoardBuildError(f"the native kernels for {arch} do not build:\n{tail}")
    return dist


def build_runtime(board: Board) -> None:
    """Stage the runtime for a board that is built, and say so in its ``board.json``."""
    native = build_native(board.arch)
    lib = board.folder / "lib"
    shutil.rmtree(lib, ignore_errors=True)
    lib.mkdir()
    stage([_RUNTIME, _MAIN], lib, board, [native])
    about = json.loads((board.folder / "board.json").read_text())
    about |= {"lib": str(lib), "runtime": runtime_digest()}
    if board.romfs:
        image = board.folder / "rom.img"
        image.write_bytes(romfs_image(lib))
        about["command"] += board.with_rom(image)
    (board.folder / "board.json").write_text(json.dumps(about, indent=2) + "\n")
