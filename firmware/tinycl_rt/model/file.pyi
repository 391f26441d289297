from __future__ import annotations

from typing import Any

class File:
    place: str
    size: int
    resident: int
    reads: int
    read_bytes: int
    def __init__(self, path: Any) -> None: ...
    def fetch(self, op: Any) -> None: ...
    def open(self, path: Any) -> None: ...
    def close(self) -> None: ...
