"""What the verbs share: JSON files, byte sizes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tinycl.exceptions import DataError

__all__ = ["read_file", "read_model", "size", "write_file", "write_json"]


def write_json(path: Path | None, value: Any) -> None:
    """Write a result for programs; nothing when no path is given."""
    if path is not None:
        write_file(path, (json.dumps(value, indent=2) + "\n").encode())


def write_file(path: Path, data: bytes) -> None:
    """Write bytes, making folders; DataError with the reason when that fails."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as error:
        raise DataError(f"cannot write {path}: {error.strerror}") from error


def read_file(path: Path) -> bytes:
    """Read bytes; DataError with the reason when that fails."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from error


def read_model(path: Path, depths: Iterable[str]) -> bytes:
    """A compiled model: a file, or one of the zoo or built in where no file has that name.

    Parameters
    ----------
    path
        What the user named.
    depths
        How deep learners are to learn with it.

    Raises
    ------
    DataError
        The file cannot be read; or the model has no weights, and a depth leaves some out.
    """
    from tinycl import zoo
    from tinycl.compiler.untrained import BLANKS, blank

    name = str(path)
    if path.exists():
        return read_file(path)
    if name in zoo.names():
        return zoo.model(name)
    if name not in BLANKS:
        return read_file(path)
    if any(depth != "full" for depth in depths):
        raise DataError(f"{name} has no weights, all are to be learned: give --learn full")
    return blank(name)


def size(nbytes: int) -> str:
    """Bytes for people: ``512 B``, ``12.3 KiB``, ``1.2 MiB``."""
    if nbytes < 1024:
        return f"{nbytes} B"
    if nbytes < 1024 * 1024:
        return f"{nbytes / 1024:.1f} KiB"
    return f"{nbytes / 1024 / 1024:.1f} MiB"
