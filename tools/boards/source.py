"""MicroPython's source: the tree that ``$MICROPY_DIR`` names, else a pinned Debian package."""

from __future__ import annotations

import hashlib
import os
import subprocess
import tarfile
import tempfile
from pathlib import Path

from tinycl.boards.cache import cache, source_folder
from tinycl.boards.version import MICROPYTHON_VERSION
from tinycl.exceptions import BoardError
from tools.boards.debian import SUITE, fetch

__all__ = ["ARCHIVE", "checked_source_folder", "fetch_libraries", "fingerprint", "source_tree"]

ARCHIVE = f"micropython_{MICROPYTHON_VERSION}+ds.orig.tar.xz"
SHA256 = "7b25be99a502f070b2de81dafc08da7051d992325d6e67daa9045a918fffdbea"
# What the Pico's firmware is built from beside MicroPython: where it lies in lib/, the package,
# and for a package of sources in binary form, the folder in it.
_LIBRARIES = {
    "pico-sdk": ("pico-sdk-source", "usr/src/pico-sdk"),
    "tinyusb": ("tinyusb-source", "usr/src/tinyusb"),
    "mbedtls": ("mbedtls", ""),
}


def source_tree() -> Path:
    """Return the folder of MicroPython's source; fetch and unpack it when it is not there yet.

    Raises
    ------
    BoardError
        If ``$MICROPY_DIR`` is no MicroPython tree, or the archive cannot be had or is not the
        pinned one.
    """
    tree = checked_source_folder()
    if not tree.is_dir():
        _unpack(_archive(), tree)
    return tree


def checked_source_folder() -> Path:
    """Return where the source is or will be; raise BoardError if the user's is not there."""
    tree = source_folder().resolve()
    given = os.environ.get("MICROPY_DIR")
    if given and not (tree / "py" / "mkenv.mk").is_file():
        raise BoardError(f"MICROPY_DIR={given} has no py/mkenv.mk: not MicroPython's source")
    return tree


def fetch_libraries(tree: Path) -> None:
    """Put the libraries of MicroPython's rp2 port into ``lib/``, where they are missing.

    Raises
    ------
    BoardError
        Debian's mirror does not have one, or the tree is the user's and lacks it.
    """
    for name, (package, inside) in _LIBRARIES.items():
        library = tree / "lib" / name
        if any(library.iterdir()):
            continue
        if os.environ.get("MICROPY_DIR"):
            raise BoardError(f"{library} is empty: run make -C {tree}/ports/rp2 submodules")
        print(f"boards: fetching {name} from Debian {SUITE}'s package {package}")
        with tempfile.TemporaryDirectory(dir=cache()) as folder:
            archive = fetch(package, Path(folder), binary=bool(inside))
            unpacked = Path(folder) / "unpacked"
            unpacked.mkdir()
            if inside:
                subprocess.run(["dpkg-deb", "-x", str(archive), str(unpacked)], check=True)
                found = unpacked / inside
            else:
                _extract(archive, unpacked)
                (found,) = unpacked.iterdir()
            found.replace(library)  # an empty folder gives way


def fingerprint(tree: Path) -> str:
    """Return text that changes when the source does: the pinned hash, or sizes and times."""
    if not os.environ.get("MICROPY_DIR"):
        return SHA256
    lines = [str(tree)]
    for part in ("py", "extmod", "shared", "mpy-cross", "ports/unix", "lib/littlefs", "lib/libm"):
        for file in sorted((tree / part).rglob("*.[chsS]")):
            state = file.stat()
            lines.append(f"{file} {state.st_size} {state.st_mtime_ns}")
    return "\n".join(lines)


def _archive() -> Path:
    archive = cache() / ARCHIVE
    if not archive.is_file():
        print(f"boards: fetching MicroPython, 6 MB, from Debian {SUITE}'s source package")
        try:
            fetch("micropython", archive.parent)
        except BoardError as error:
            raise BoardError(
                f"{error}: put {ARCHIVE} into {archive.parent}, or set MICROPY_DIR to a "
                "MicroPython source tree"
            ) from None
        if not archive.is_file():
            raise BoardError(f"Debian {SUITE} no longer has {ARCHIVE}: set MICROPY_DIR")
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != SHA256:
        raise BoardError(f"{archive} has SHA-256 {found}, expected {SHA256}: delete it")
    return archive


def _unpack(archive: Path, tree: Path) -> None:
    with tempfile.TemporaryDirectory(dir=cache()) as folder:
        _extract(archive, Path(folder))
        (Path(folder) / f"micropython-{MICROPYTHON_VERSION}").rename(tree)


def _extract(archive: Path, folder: Path) -> None:
    with tarfile.open(archive) as tar:
        if hasattr(tarfile, "data_filter"):
            tar.extractall(folder, filter="data")
        else:  # a Python without this safeguard; the archive's hash or signature was checked
            tar.extractall(folder)
