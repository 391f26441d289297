"""What a tensor of the graph stands for while the graph is lowered."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from tinycl.compiler.graph import Value
from tinycl.compiler.ir import Window
from tinycl.compiler.lower.chain import Chain
from tinycl.compiler.lower.zero_padding import ZeroPadding

__all__ = ["Accumulator", "Bits", "Pixels", "Pool", "Symbol"]


@dataclass(frozen=True)
class Pixels:
    """The input under an affine map, ``scale * x + offset``."""

    scale: float = 1.0
    offset: float = 0.0


@dataclass(frozen=True)
class Pool:
    """A max pooling inside a chain: after how many of its functions, and its output shape."""

    after: int
    window: Window
    shape: tuple[int, int, int]


@dataclass
class Accumulator:
    """A convolution whose sign has not been taken yet.

    ``weights`` are integers (or +-1) of shape (oc, kh, kw, c / groups), ``shape`` the
    convolution's output, ``macs`` its multiply-accumulates.
    """

    code: int
    source: int
    window: Window
    weights: npt.NDArray[np.int8]
    shape: tuple[int, int, int]
    chain: Chain
    name: str
    macs: int
    pad: int = 0
    groups: int = 1
    zero_point: int = 0
    pools: list[Pool] = field(default_factory=list)
    zero_padding: ZeroPadding | None = None
    """Of a binary convolution that pads with zeros."""
    bias: Value | None = None
    step: npt.NDArray[np.float64] | None = None
    """Of a first convolution: the graph's bias, and what one unit of the sum is worth in it."""

    @property
    def pooled_shape(self) -> tuple[int, int, int]:
        """Shape behind the last pooling."""
        return self.pools[-1].shape if self.pools else self.shape


@dataclass(frozen=True)
class Bits:
    """Packed signs: the index of their activation."""

    activation: int


Symbol = Pixels | Accumulator | Bits
