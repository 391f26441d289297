"""Where native kernels come from: built already, shipped with the wheel, or built now.

They are published as ``ARCH_6.3/NAME.mpy``. A checkout builds them on demand (``firmware/native``,
cached by the digest of their sources) where there is a compiler for the architecture; the wheel
carries those that its release was built with.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import tinycl_rt

from tinycl.boards.cache import cache, digest, source_folder
from tinycl.exceptions import FlashError
from tinycl.flash.identity import ABI, PUBLISHED, architectures

__all__ = ["build_native", "find_native", "native_digest", "native_sources", "why_not"]

_SOURCE = Path(tinycl_rt.__file__).resolve().parents[1] / "native"
_SHIPPED = Path(__file__).resolve().parents[1] / "native"


def find_native(arch: str, given: Path | None = None) -> dict[str, Path]:
    """Return the native modules that a board of `arch` loads, by name; none if there are none.

    Parameters
    ----------
    arch
        As of ``Identity.arch``.
    given
        Folder with ``ARCH_6.3/*.mpy`` that the user names; nothing else is looked at then.

    Raises
    ------
    FlashError
        The given folder has none that the board loads, or those of this checkout do not build.
    """
    wanted = architectures(arch)
    if given is not None:
        for name in wanted:
            if found := _modules(given, name):
                return found
        names = " or ".join(f"{name}_{ABI}" for name in wanted) or "none: it loads no native code"
        raise FlashError(f"{given}: no folder with modules that this board loads ({names})")
    for name in wanted:
        for folder in _built():
            if found := _modules(folder, name):
                return found
        if not why_not(name):
            return _modules(build_native(name), name)
    return {}


def build_native(arch: str) -> Path:
    """Build the kernels of one architecture from this checkout; return the folder they are in.

    Raises
    ------
    FlashError
        There is no make, or the compiler failed; the message has the end of its output.
    """
    if not shutil.which("make"):
        raise FlashError("no make to build the native kernels with: run tools/boards/setup.sh")
    dist = cache() / "native" / native_digest()
    command = ["make", "-C", str(_SOURCE), arch, f"DIST={dist}", f"BUILD={dist / 'build'}"]
    command += [f"MPY_DIR={source_folder()}", f"PYTHON={sys.executable}"]
    ran = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if ran.returncode:
        tail = "\n".join((ran.stdout + ran.stderr).strip().splitlines()[-10:])
        raise FlashError(f"the native kernels for {arch} do not build:\n{tail}")
    return dist


def native_digest() -> str:
    """SHA-256 of the sources of the native kernels, 16 hex digits."""
    return digest(native_sources(), _SOURCE)


def native_sources() -> list[Path]:
    """The sources of the native kernels, without what was built from them."""
    files = (file for file in _SOURCE.rglob("*") if file.is_file())
    return sorted(f for f in files if f.relative_to(_SOURCE).parts[0] not in ("build", "dist"))


def _built() -> list[Path]:
    """Folders of modules that are made from the sources as they are now."""
    if not _SOURCE.is_dir():
        return [_SHIPPED]
    by_hand = _SOURCE / "dist"  # make -C firmware/native
    newest = max(file.stat().st_mtime for file in native_sources())
    made = [file.stat().st_mtime for file in by_hand.rglob("*.mpy")]
    is_current = bool(made) and min(made) > newest
    return [cache() / "native" / native_digest(), *([by_hand] if is_current else [])]


def _modules(folder: Path, arch: str) -> dict[str, Path]:
    return {file.name: file for file in sorted((folder / f"{arch}_{ABI}").glob("*.mpy"))}


def why_not(arch: str) -> str:
    """Why there are no native kernels for `arch` here and none can be built; '' if they can."""
    if arch not in PUBLISHED:
        return "there are none for it"
    if not _SOURCE.is_dir():
        return "this installation brought none; a checkout builds them (pip install -e)"
    for program in ("make", PUBLISHED[arch]):
        if not shutil.which(program):
            return f"not built, and no {program} here (tools/boards/setup.sh)"
    for module, package in (("elftools", "pyelftools"), ("ar", "ar")):
        if importlib.util.find_spec(module) is None:
            return f"not built, and no Python package {package} here (pip install 'tinycl[flash]')"
    if not (source_folder() / "py" / "dynruntime.mk").is_file():
        return "not built, and no source of MicroPython here (make boards, or MICROPY_DIR)"
    return ""
