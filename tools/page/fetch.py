"""Packages of npm at a pinned version, checked by their SHA-256, kept in the cache."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

from tinycl.boards.cache import cache
from tinycl.exceptions import TinyclError

__all__ = ["AXE", "MICROPYTHON", "TYPESCRIPT", "fetch"]

MICROPYTHON = (
    "@micropython/micropython-webassembly-pyscript@1.27.0",
    "303919763c8ebfe5923b9da66226c20dce44ad72b604b225fb39338ea15367af",
)
TYPESCRIPT = (
    "typescript@5.9.3",
    "10e108c9cf7d5f2879053dff18515fb405abf2ccef63eaaf017d9c571687a1d3",
)

AXE = (
    "axe-core@4.14.1",
    "e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745",
)


def fetch(package: tuple[str, str]) -> Path:
    """Folder of an unpacked package; fetched by npm when it is not there yet.

    Raises
    ------
    TinyclError
        There is no npm, it cannot fetch the package, or that is not the pinned one.
    """
    name, wanted = package
    folder = cache() / "npm" / wanted[:16]
    if folder.is_dir():
        return folder
    if not shutil.which("npm"):
        raise TinyclError(f"no npm to fetch {name} with: install Node.js, which brings it")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.parent) as place:
        ran = subprocess.run(
            ["npm", "pack", "--silent", name], cwd=place, capture_output=True, text=True
        )
        archives = list(Path(place).glob("*.tgz"))
        if ran.returncode or not archives:
            raise TinyclError(f"npm cannot fetch {name}: {_last_line(ran.stderr)}")
        found = hashlib.sha256(archives[0].read_bytes()).hexdigest()
        if found != wanted:
            raise TinyclError(f"{name} has SHA-256 {found}, expected {wanted}")
        with tarfile.open(archives[0]) as archive:
            archive.extractall(place)
        (Path(place) / "package").rename(folder)
    return folder


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it says nothing"])[-1]
