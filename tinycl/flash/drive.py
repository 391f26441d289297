"""Drives that boards show to a computer: CIRCUITPY, and the UF2 drive of a boot loader."""

from __future__ import annotations

import errno
import getpass
import hashlib
import os
import re
import shutil
import string
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from tinycl.exceptions import FlashError
from tinycl.flash.identity import Identity, check_version
from tinycl.flash.plan import PlannedFile

__all__ = ["CircuitPythonDrive", "is_circuitpython", "is_uf2", "mounted"]

_BOOT_OUT = "boot_out.txt"
_UF2_INFO = "INFO_UF2.TXT"


class CircuitPythonDrive:
    """A CIRCUITPY drive, or a folder that stands for one.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    FlashError
        It is no folder, or no such drive; or its ``boot_out.txt`` tells of firmware that is too
        old.
    """

    def __init__(self, folder: Path) -> None:
        self.name = str(folder)
        self.folder = folder
        if not folder.is_dir():
            raise FlashError(f"{folder}: no such drive; is the board plugged in, and mounted?")
        if not is_circuitpython(folder):
            raise FlashError(
                f"{folder} is not a CIRCUITPY drive: expected {_BOOT_OUT} in it, which "
                "CircuitPython writes when it starts; name the drive itself with --drive"
            )
        told = self._boot_out()
        version = re.search(r"CircuitPython (\d+)\.(\d+)\.(\d+)", told)
        numbers = tuple(int(n) for n in version.groups()) if version else ()
        if numbers:
            check_version("circuitpython", numbers)
        machine = re.search(r"; *([^\r\n]+)", told)
        self.identity = Identity(
            "circuitpython",
            ".".join(map(str, numbers)) or "(version not known)",
            machine[1].strip() if machine else folder.name,
        )

    def sizes(self, places: list[str]) -> dict[str, int]:
        """Return the files in these files and folders, with their bytes."""
        found = {}
        for place in places:
            path = self._path(place)
            for file in [path] if path.is_file() else path.rglob("*"):
                if file.is_file():
                    found["/" + file.relative_to(self.folder).as_posix()] = file.stat().st_size
        return found

    def hashes(self, paths: list[str]) -> list[str]:
        """Return SHA-256 of files in hex; "" if absent."""
        files = [self._path(path) for path in paths]
        return [hashlib.sha256(f.read_bytes()).hexdigest() if f.is_file() else "" for f in files]

    def first_line(self, path: str) -> str:
        """Return the first line of a file, "" if absent."""
        file = self._path(path)
        if not file.is_file():
            return ""
        return next(iter(file.read_text(errors="replace").splitlines(keepends=True)), "")

    def room(self) -> tuple[int, int]:
        """Return free bytes and bytes of a block."""
        free = shutil.disk_usage(self.folder).free
        block = os.statvfs(self.folder).f_frsize if hasattr(os, "statvfs") else 512
        return free, block

    def write(self, files: list[PlannedFile], progress: Callable[[int], None]) -> None:
        """Write files, all the way to the drive; FlashError: full, read-only or gone."""
        for planned in files:
            target = self._path(planned.path)
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("wb") as file:
                    file.write(planned.data)
                    file.flush()
                    os.fsync(file.fileno())  # the drive may be pulled as soon as we are done
            except OSError as error:
                raise self._refusal(error) from None
            progress(len(planned.data))

    def remove(self, paths: list[str]) -> None:
        """Remove files, and the folders that are empty then; FlashError as in `write`."""
        for path in paths:
            file = self._path(path)
            try:
                file.unlink(missing_ok=True)
            except OSError as error:
                raise self._refusal(error) from None
            if file.parent != self.folder:
                with suppress(OSError):  # others are in it
                    file.parent.rmdir()

    def _path(self, path: str) -> Path:
        return self.folder / path.lstrip("/")

    def _boot_out(self) -> str:
        file = self.folder / _BOOT_OUT
        return file.read_text(errors="replace") if file.is_file() else ""

    def _refusal(self, error: OSError) -> FlashError:
        if error.errno == errno.ENOSPC:
            return FlashError(f"{self.name}: the drive is full: remove files from it")
        if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
            return FlashError(
                f"{self.name}: the drive is read-only here, because the board writes to it itself "
                "(boot.py): start the board in safe mode, or remove boot.py at its REPL and reset "
                "it, then flash again"
            )
        return FlashError(f"{self.name}: the drive is gone ({error.strerror}); plug it in again")


def is_circuitpython(folder: Path) -> bool:
    """Whether a drive is a CircuitPython board's."""
    return (folder / _BOOT_OUT).is_file() or folder.name.upper() == "CIRCUITPY"


def is_uf2(folder: Path) -> bool:
    """Whether a drive is a boot loader's that takes UF2 files."""
    return (folder / _UF2_INFO).is_file()


def mounted() -> list[Path]:
    """Drives that are mounted now, those of boards among them."""
    return sorted({path for path in _mounts() if is_circuitpython(path) or is_uf2(path)})


def _mounts() -> Iterator[Path]:
    if os.name == "nt":
        parents, drives = [], [Path(f"{letter}:/") for letter in string.ascii_uppercase]
    elif sys.platform == "darwin":
        parents, drives = [Path("/Volumes")], []
    else:
        user = getpass.getuser()
        parents = [Path("/media") / user, Path("/run/media") / user, Path("/media"), Path("/mnt")]
        drives = []
    for parent in parents:
        with suppress(OSError):
            drives += parent.iterdir()
    for drive in drives:
        with suppress(OSError):  # a drive that is just going
            if drive.is_dir():
                yield drive
