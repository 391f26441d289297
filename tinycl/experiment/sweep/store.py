"""Finished runs on disk, one small JSON file each, so that a sweep goes on where it stopped."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from tinycl.files import make_folder, write_json

__all__ = ["Store", "key"]


def key(**parts: Any) -> str:
    """Name of a run: a hash of everything that decides its result, as plain values."""
    text = json.dumps(parts, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


class Store:
    """A folder of results; None keeps nothing.

    Raises
    ------
    DataError
        The folder cannot be made.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        if folder is not None:
            make_folder(folder)

    def get(self, name: str) -> dict[str, Any] | None:
        """A result, or None where there is none or a damaged one."""
        if self._folder is None:
            return None
        try:
            found = json.loads((self._folder / f"{name}.json").read_bytes())
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    def put(self, name: str, value: dict[str, Any]) -> None:
        """Keep a result; DataError when there is no room."""
        if self._folder is not None:
            write_json(self._folder / f"{name}.json", value)
