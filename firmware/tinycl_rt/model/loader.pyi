from __future__ import annotations

from typing import Any

from tinycl_rt.model.graph import Operator as Operator
from tinycl_rt.model.graph import Tensor as Tensor

__all__ = ["Model", "Operator", "Tensor"]

class Model:
    source: Any
    input_shape: tuple[int, int, int]
    input_bytes: int
    latent_shape: tuple[int, int, int]
    latent_bytes: int
    features: int
    feature_range: int
    fingerprint: bytes
    nbytes: int
    bits_bytes: int
    float_bytes: int
    arena_bytes: int
    output: int | None
    tensors: list[Tensor]
    operators: list[Operator]
    def __init__(self, source: Any) -> None: ...
    @property
    def metadata(self) -> Any: ...
    def fetch(self, op: Any) -> Any: ...
