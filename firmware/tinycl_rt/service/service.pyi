from __future__ import annotations

from typing import Any

__all__ = ["Service", "serve"]

class Service:
    stream: Any
    device: Any
    reader: Any
    def __init__(
        self,
        stream: Any,
        device: Any,
        max_payload: int = ...,
        window: int = ...,
        uid: str | None = ...,
    ) -> None: ...
    @property
    def done(self) -> bool: ...
    def serve(self) -> None: ...
    def poll_once(self, timeout_ms: int = ...) -> int: ...

def serve(
    folder: str = ...,
    max_payload: int = ...,
    window: int = ...,
    autosave: int = ...,
    stream: Any = ...,
) -> None: ...
