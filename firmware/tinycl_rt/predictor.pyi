from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tinycl_rt.config import Config
from tinycl_rt.model.loader import Model

_Bytes = bytes | bytearray | memoryview

class Predictor:
    model: Model
    backend: str
    names: list[str]
    latent_bytes: int
    backbone: Any
    head: Any
    tail: Any
    def __init__(self, model: Model | str, kernels: Any = ...) -> None: ...
    def load(self, path: str) -> None: ...
    def make_head(self, config: Config) -> None: ...
    def predict(self, pixels: _Bytes) -> int: ...
    def predict_latent(self, latent: _Bytes) -> int: ...
    def predict_name(self, pixels: _Bytes) -> str: ...
    @property
    def scores(self) -> Sequence[int]: ...
