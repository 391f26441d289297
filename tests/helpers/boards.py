"""What the tests of emulated boards share."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools.boards.build import is_built, missing
from tools.boards.machines import BOARDS, Board
from tools.boards.source import source_folder

EMULATED = [name for name, board in BOARDS.items() if board.emulator]
NATIVE = [name for name, board in BOARDS.items() if board.arch]  # that run machine code


def built(name: str) -> Board:
    """Return a board that is built and can run; else skip the test, or fail it in CI."""
    board = BOARDS[name]
    if packages := missing(board):
        absent(f"board {name} needs {' '.join(packages)}: run tools/boards/setup.sh")
    if not is_built(board):
        absent(f"board {name} is not built, or not from these sources: run make boards")
    return board


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
