"""Builds boards, quietly, and only when something changed."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tinycl.boards import Board
from tinycl.boards.version import MICROPYTHON_VERSION
from tinycl.exceptions import BoardError
from tinycl.flash.native import native_sources
from tools.release import frozen

from .paths import FIRMWARE, board_folder, mpy_cross
from .source import checked_source_folder, fetch_libraries, fingerprint

__all__ = ["build_board", "build_mpy_cross", "is_built", "missing"]

_LOG_LINES = 15
_OURS = FIRMWARE.parent
# No network, no database, no foreign functions: fewer libraries to have, and boards lack them too.
_UNIX = ("MICROPY_PY_SSL=0", "MICROPY_PY_BTREE=0", "MICROPY_PY_FFI=0", "FROZEN_MANIFEST=")


def missing(board: Board) -> list[str]:
    """Return the Debian packages that `board` needs and that are not installed."""
    needs = (("gcc", "build-essential"), *board.packages)  # gcc: for mpy-cross
    return sorted({package for program, package in needs if not shutil.which(program)})


def build_mpy_cross(source: Path) -> None:
    """Build the cross-compiler for ``.mpy`` files, if there is anything to do."""
    make = ["make", "-C", str(source / "mpy-cross")]
    _make("mpy-cross", make, mpy_cross(), _stamp([], fingerprint(source), *make))


def build_board(board: Board, source: Path) -> None:
    """Build one board and write its ``board.json``, if there is anything to do."""
    files, make = _recipe(board, source)
    if board.kind == "real":
        fetch_libraries(source)
    _make(board.name, make, board.folder / board.binary, _stamp(files, fingerprint(source), *make))
    about = {
        "board": board.name,
        "micropython": MICROPYTHON_VERSION,
        "arch": board.native_arch,
        "command": board.command(),
        "romfs": board.command(Path("IMAGE"))[len(board.command()) :] if board.romfs else [],
    }
    (board.folder / "board.json").write_text(json.dumps(about, indent=2) + "\n")


def is_built(board: Board) -> bool:
    """Return whether `board` is built from the sources as they are now."""
    source = checked_source_folder()
    files, make = _recipe(board, source)
    stamp = _stamp(files, fingerprint(source), *make)
    return _is_current(board.folder, board.folder / board.binary, stamp)


def _recipe(board: Board, source: Path) -> tuple[list[Path], list[str]]:
    """Return the project's files that go into a board, and the command that makes it."""
    if board.kind == "real":
        folder = FIRMWARE / "rp2040"
        make = ["make", "-C", str(folder), f"MICROPY_DIR={source}"]
        make.append(f"MICROPY_MPYCROSS={mpy_cross()}")
        return sorted(file for file in folder.iterdir() if file.is_file()), make
    if board.built_in and not board.emulator:
        make = ["make", "-C", str(source / "ports" / "unix"), *_UNIX[:-1]]
        make += [f"USER_C_MODULES={_OURS}", f"FROZEN_MANIFEST={_OURS / 'manifest.py'}"]
        parts = [_OURS / "manifest.py", *sorted((_OURS / "tinycl_rt").rglob("*.py"))]
        parts += native_sources()
        # The manifest needs nothing of micropython-lib; the rules want to see a README there.
        make += [f"MICROPY_MPYCROSS={mpy_cross()}", f"MPY_LIB_DIR={source}"]
        return parts, make
    if not board.emulator:
        make = ["make", "-C", str(source / "ports" / "unix")]
        if not board.variant:
            return [], [*make, *_UNIX]
        variant = FIRMWARE / board.variant
        make += [f"VARIANT_DIR={variant}", f"MICROPY_MPYCROSS={mpy_cross()}"]
        return sorted(file for file in variant.rglob("*") if file.is_file()), make
    files = sorted(file for file in (FIRMWARE / "qemu").iterdir() if file.is_file())
    make = ["make", "-C", str(FIRMWARE / "qemu"), f"BOARD={board.variant or board.name}"]
    if board.heap_bytes:
        make.append(f"HEAP_KIB={board.heap_bytes // 1024}")
    if board.built_in:
        boot = 'freeze("$(PORT_DIR)", "_boot.py")\n'
        files += frozen.write(board.folder / "frozen", before=boot)
        make.append(f"FROZEN_MANIFEST={files[-1]}")
    return files, [*make, f"MICROPY_DIR={source}", f"MICROPY_MPYCROSS={mpy_cross()}"]


def _stamp(files: list[Path], *words: str) -> str:
    # Without the place of the checkout: two of them with equal files share a build.
    said = "\0".join(words).replace(str(_OURS), "")
    digest = hashlib.sha256(said.encode())
    for file in files:
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def _is_current(folder: Path, binary: Path, stamp: str) -> bool:
    note = folder / "stamp"
    return binary.is_file() and note.is_file() and note.read_text() == stamp


def _make(name: str, make: list[str], binary: Path, stamp: str) -> None:
    folder = board_folder(name)
    if _is_current(folder, binary, stamp):
        return
    print(f"boards: building {name} ...", flush=True)
    shutil.rmtree(folder / "build", ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "stamp").unlink(missing_ok=True)
    started = time.monotonic()
    log = folder / "build.log"
    built = folder / "build" / binary.name
    with log.open("w") as output:
        ran = subprocess.run(
            [*make, "-j2", f"BUILD={folder / 'build'}"],
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env=_environment(),
        )
    if ran.returncode or not built.is_file():
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-_LOG_LINES:])
        raise BoardError(f"{name} does not build. The end of {log}:\n{tail}")
    built.replace(binary)
    (folder / "stamp").write_text(stamp)
    print(f"boards: {name} built in {time.monotonic() - started:.0f} s: {binary}", flush=True)


def _environment() -> dict[str, str]:
    """Return the environment without what would leak into the build: a git tag, make's flags."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    for name in ("BOARD", "BUILD", "CFLAGS_EXTRA", "VARIANT", "CROSS_COMPILE"):
        environment.pop(name, None)
    environment["PYTHON"] = sys.executable
    if not environment.get("MICROPY_DIR"):
        environment["MICROPY_GIT_TAG"] = f"v{MICROPYTHON_VERSION}"
    return environment
