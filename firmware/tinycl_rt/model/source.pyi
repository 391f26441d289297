from __future__ import annotations

from tinycl_rt.model.file import File
from tinycl_rt.model.memory import Memory

def open_source(path: str, room: int | None = ...) -> Memory | File: ...
