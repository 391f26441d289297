"""What the verbs share: JSON files, byte sizes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tinycl.exceptions import DataError

__all__ = ["read_file", "size", "write_file", "write_json"]


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


def size(nbytes: int) -> str:
    """Bytes for people: ``512 B``, ``12.3 KiB``, ``1.2 MiB``."""
    if nbytes < 1024:
        return f"{nbytes} B"
    if nbytes < 1024 * 1024:
        return f"{nbytes / 1024:.1f} KiB"
    return f"{nbytes / 1024 / 1024:.1f} MiB"
