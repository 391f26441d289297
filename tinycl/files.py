"""Files that a user names: read whole, and written whole or not at all."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tinycl.exceptions import DataError, TinyclError

__all__ = [
    "check_file",
    "make_folder",
    "read_file",
    "replacing",
    "try_file",
    "try_folder",
    "write_file",
    "write_json",
]


def check_file(path: Path) -> None:
    """DataError when there is no such file, or a folder is in its place."""
    if path.is_dir():
        raise DataError(f"{path} is a folder; expected a file")
    if not path.is_file():
        raise DataError(f"no such file: {path}")


def read_file(path: Path) -> bytes:
    """Read bytes; DataError with the reason when that fails."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot read {path}: {_reason(error)}") from error


def write_file(path: Path, data: bytes) -> None:
    """Replace a file by these bytes, see `replacing`."""
    with replacing(path) as fresh:
        fresh.write_bytes(data)


def write_json(path: Path | None, value: Any) -> None:
    """Write a result for programs; nothing when no path is given."""
    if path is not None:
        write_file(path, (json.dumps(value, indent=2) + "\n").encode())


def make_folder(folder: Path) -> None:
    """Make a folder and those above it; DataError with the reason when that fails."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"cannot make the folder {folder}: {_reason(error)}") from error


@contextmanager
def replacing(path: Path, kind: type[TinyclError] = DataError) -> Iterator[Path]:
    """A path to write to; once the block ends, what was written takes the place of `path`.

    When the block fails, or the disk is full, the file that was there before is kept. The folder
    is made. A device or a pipe is written to directly.

    Raises
    ------
    TinyclError
        Of this `kind`, with the reason, when the file cannot be written.
    """
    try:
        target = _target(path)
        if target.exists() and not target.is_file():
            yield target
            return
        with TemporaryDirectory(prefix=".", dir=target.parent) as folder:
            fresh = Path(folder, target.name)  # with the suffix, which Keras and matplotlib heed
            yield fresh
            with fresh.open("rb+") as file:
                os.fsync(file.fileno())
            if target.exists():
                shutil.copymode(target, fresh)
            fresh.replace(target)
    except OSError as error:
        raise kind(f"cannot write {path}: {_reason(error)}") from error


def try_file(path: Path) -> None:
    """Find out before the work starts whether its result can be written.

    Nothing is left behind but the folder, which is made.

    Raises
    ------
    DataError
        The file cannot be written: no folder, no permission, no room.
    """
    try:
        target = _target(path)
        if target.is_file() or not target.exists():
            with TemporaryDirectory(prefix=".", dir=target.parent) as folder:
                Path(folder, target.name).write_bytes(bytes(512))
        elif not os.access(target, os.W_OK):
            raise DataError(f"cannot write {path}: {os.strerror(errno.EACCES)}")
    except OSError as error:
        raise DataError(f"cannot write {path}: {_reason(error)}") from error


def try_folder(folder: Path) -> None:
    """Make a folder, and find out whether files can be written there; DataError if not."""
    make_folder(folder)
    try:
        with TemporaryDirectory(prefix=".", dir=folder) as inside:
            Path(inside, "file").write_bytes(bytes(512))
    except OSError as error:
        raise DataError(f"cannot write to the folder {folder}: {_reason(error)}") from error


def _target(path: Path) -> Path:
    """The file behind `path`, in a folder that is there."""
    target = Path(os.path.realpath(path))
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.is_dir():
        raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
    return target


def _reason(error: OSError) -> str:
    if isinstance(error, FileExistsError):
        return os.strerror(errno.ENOTDIR)
    return error.strerror or str(error)
