from collections.abc import Callable
from typing import Any

from tinycl_rt.predictor import Predictor
from tinycl_rt.sound import LogMel

class Listener:
    mel: LogMel
    pixels: bytearray
    word: Callable[[bytearray], Any] | None
    unknown: int
    def __init__(
        self,
        learner: Predictor | None,
        heard: Callable[[str, int], None] | None,
        every: int = ...,
        gate: int = ...,
        least: int = ...,
        ignore: tuple[str, ...] = ...,
        kernels: str | None = ...,
    ) -> None: ...
    def feed(self, samples: Any) -> None: ...
