"""Where built boards are kept: outside the tree, one runtime beside another.

``python -m tools.boards`` fills the cache. A board's runtime lies in a folder named by the digest
of its sources, so that checkouts and installed versions do not get in each other's way.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

from tinycl.boards.version import MICROPYTHON_VERSION
from tinycl.packing import modules as packing_modules
from tinycl.packing.sources import board_sources, runtime_folder

__all__ = ["board_folder", "cache", "description", "digest", "runtime_digest"]


def cache() -> Path:
    """Folder of sources and builds: ``~/.cache/tinycl``, unless XDG_CACHE_HOME says else."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tinycl"


def source_folder() -> Path:
    """MicroPython's source: the tree that $MICROPY_DIR names, or where the pinned one lies."""
    given = os.environ.get("MICROPY_DIR")
    return Path(given).expanduser() if given else cache() / f"micropython-{MICROPYTHON_VERSION}"


def board_folder(board: str) -> Path:
    """Folder of one board's build."""
    return cache() / "boards" / board


def runtime_digest(folder: Path | None = None) -> str:
    """Name of a runtime: SHA-256 of the sources, and of what packs them for boards.

    Parameters
    ----------
    folder
        A ``tinycl_rt``; by default the one that this package came with.
    """
    folder = folder or runtime_folder()
    sources = [folder / path for path in board_sources(folder)]
    packing = sorted(Path(packing_modules.__file__).parent.glob("*.py"))
    return digest(sources, folder) + digest(packing)


def digest(files: Iterable[Path], folder: Path | None = None) -> str:
    """SHA-256 of the contents of files and their names, or paths from `folder`; 16 hex digits."""
    whole = hashlib.sha256()
    for file in files:
        name = file.relative_to(folder).as_posix() if folder else file.name
        whole.update(name.encode() + b"\0" + file.read_bytes())
    return whole.hexdigest()[:16]


def description(board: str, runtime: str | None = None) -> Path:
    """The file that says how a board with this package's runtime is started; may not be there."""
    return board_folder(board) / "runtime" / (runtime or runtime_digest()) / "board.json"
