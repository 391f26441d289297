from __future__ import annotations

from typing import Any, BinaryIO

from tinycl_rt.config import Config
from tinycl_rt.learner import Learner
from tinycl_rt.model.loader import Model

__all__ = ["Device"]

class Device:
    folder: str
    autosave: int
    heap_limit: int
    packed: bytes | None
    model: Model | None
    learner: Learner | None
    store: Any
    staged: Any
    model_bytes: int
    warning: str
    unsaved: bool
    dirty: bool
    saves: int
    save_bytes: int
    save_failures: int
    def __init__(
        self,
        folder: str = ...,
        autosave: int = ...,
        heap_limit: int = ...,
        config: Config | None = ...,
    ) -> None: ...
    def path(self, name: str) -> str: ...
    def open(self) -> None: ...
    def need(self) -> Learner: ...
    def save(self) -> bool: ...
    def learned(self, samples: int = ...) -> None: ...
    def reset(self, config: bytes) -> None: ...
    def restore(self, file: BinaryIO) -> None: ...
    def install(self) -> None: ...
    def forget(self) -> None: ...
    @property
    def generation(self) -> int: ...
    @property
    def backend(self) -> str: ...
