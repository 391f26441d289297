"""What the tests of emulated boards share."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tinycl.boards import Board, missing
from tinycl.boards.cache import source_folder
from tinycl.boards.registry import BUILT, get
from tools.boards.build import is_built
from tools.boards.build import missing as missing_packages
from tools.boards.runtime import stage_runtime
from tools.boards.session import run_code

QEMU = [name for name, board in BUILT.items() if board.emulator]
NATIVE = [name for name, board in BUILT.items() if board.native_arch]  # run machine code
ARCHES = ["x64", "armv6m", "armv7m", "rv32imc", "xtensawin"]

_READ = """
import sys

def read(name):
    for folder in sys.path:
        try:
            with open(folder + "/" + name, "rb") as file:
                return file.read()
        except OSError:
            pass
    raise OSError(name)
"""


def built(name: str) -> Board:
    """Return a board that is built and can run; else skip the test, or fail it in CI."""
    board = get(name)
    if packages := missing_packages(board):
        absent(f"board {name} needs {' '.join(packages)}: run tools/boards/setup.sh")
    if not is_built(board) or (not board.built_in and missing(name)):
        absent(f"board {name} is not built, or not from these sources: run make boards")
    return board


def run_on(
    name: str, folder: Path, files: dict[str, bytes], code: str, kernels: bool = True
) -> str:
    """Run code on a board that finds the runtime and `files`; return what it printed.

    The code may call ``read(name)`` for the content of a file.
    """
    board, rom = built(name), folder / "rom"
    stage_runtime(rom, board, kernels=kernels)
    for file, content in files.items():
        (rom / file).write_bytes(content)
    return run_code(board, rom, _READ + code, timeout=300)


def absent(reason: str) -> None:
    """Skip the test; where CI=true fail it, since CI is to have everything."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def build_native(source: Path, arch: str, work: Path) -> Path:
    """Build a native module with MicroPython's own rules; return its ``.mpy``."""
    for package in ("elftools", "ar"):
        pytest.importorskip(package) if os.environ.get("CI") != "true" else __import__(package)
    shutil.copytree(source, work)
    make = ["make", f"ARCH={arch}", f"MPY_DIR={source_folder()}", f"PYTHON={sys.executable}"]
    subprocess.run(make, cwd=work, check=True, capture_output=True)
    (module,) = work.glob("*.mpy")
    return module
