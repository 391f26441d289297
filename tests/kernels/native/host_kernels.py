"""The C kernels, sanitized and built for this computer, as a kernel set like any other."""

from __future__ import annotations

import ctypes
import os
from typing import Any

__all__ = ["ERRORS", "HostFloats", "HostFull", "HostKernels", "HostLda", "HostSound", "HostTail"]

ERRORS = {1: "geometry", 2: "size", 3: "alignment", 4: "argument"}

# Buffers: r is read, w written too; plus lies at an odd address if asked to. i: a number.
_ARGUMENTS = {
    "conv8": ("r", "r+", "r", "r", "w+", "w"),
    "binarise": ("r", "r+", "r", "w+"),
    "bconv": ("r", "r+", "r+", "r", "w+", "w"),
    "bpool": ("r", "r+", "r+", "w+"),
    "sum_pool": ("r", "r+", "w+"),
    "head_forward": ("r", "r", "w", *"iiii"),
    "softmax_error": ("w", "r", "w", *"iiii"),
    "head_update": ("w", "r", "r", *"iiii", "w"),
    "head_step": ("r", "w", "r", "w", "w", "r", "w", "i"),
    "head_sum": ("r", *"ii"),
    "head_merge": ("w", "r", *"iiiii"),
}
_FLOATS = {
    "bconv": ("r", "r+", "r+", "r", "w", "w"),
    "combine": ("r", "r", "r", "w"),
    "sign": ("r", "r", "w+"),
    "unsign": ("r", "r+", "w"),
    "pixels": ("r", "r+", "w"),
    "conv": ("r", "r", "r", "r", "w"),
    "depthwise": ("r", "r", "r", "r", "w"),
    "scale": ("r", "r", "r", "w"),
    "max_pool": ("r", "r", "w"),
    "mean_pool": ("r", "r", "w"),
    "pad": ("r", "r", "w"),
    "softmax": ("r", "r", "w"),
}
_TAIL = {
    "bconv_train": ("r", "i", "r+", "r+", "r", "i", "w+", "w+", "w"),
    "head_back": ("r", "r", "w", *"iiii"),
    "unpool": ("r", "r", *"ii", "r+", "w+"),
    "bconv_back": ("r", "r+", "r", "w"),
    "requantize": ("r", *"iiii", "r+", "w+"),
    "bpool_back": ("r", "r+", "r+", "r+", "r+", "w+"),
    "bconv_update": ("r", "i", "r", "r+", "w", "i", "w", "w", "w", "r", "w"),
}
_FULL = {
    "norm_forward": ("r", "i", "r+", "r+", "w", "w", "w", "w+", "w+", "w+", "w"),
    "norm_back": ("r", "i", "w", "r+", "r", "w", *"iii"),
    "init_weights": ("r", "w+", "w", *"ii", "w"),
}
_LDA = {
    "class_add": ("w", "i", "r+", "i"),
    "residual": ("r", "i", "r+", "w", *"iiiiiii"),
    "dots": ("r", "i", "r", *"iii", "w"),
    "fold": ("w", "w", "w", *"ii"),
    "mix": ("w", "i", "r", "r", *"iiiii"),
    "factor_row": ("w", "r", "r", "i"),
    "solve": ("r", "r", "w", "i"),
    "solve_back": ("r", "r", "w", "i"),
}
_SOUND = {
    "fill": ("w", "i", "r", "i", "i"),
    "log_mel": ("r", "i", "r", "r+", "w", "w+", "i"),
    "level": ("r+", "i", "i", "w+"),
}
# Kernels that return a number, through a pointer behind the arguments.
_RETURNING = (
    *("head_forward", "head_step", "head_sum", "bconv_update"),
    *("norm_forward", "norm_back", "fold", "mix"),
)


class _Buffer(ctypes.Structure):
    _fields_ = (("data", ctypes.c_void_p), ("size", ctypes.c_size_t))


class HostKernels:
    """Kernels of ``build/libtinycl.so``: same names and arguments as ``reference.core``.

    Every buffer is copied into a block of exactly its size, so that the address sanitizer sees
    any access outside it; what the kernel wrote is copied back.

    Parameters
    ----------
    odd : bool
        Place pixels and bits at odd addresses.

    Raises
    ------
    ValueError
        What the kernel did not accept: geometry, size, alignment or argument.
    """

    NAME = "host"
    ARGUMENTS = _ARGUMENTS
    PREFIX = "tc_"

    def __init__(self, odd: bool = False) -> None:
        self.library = ctypes.CDLL(os.environ["TINYCL_HOST_KERNELS"])
        self.odd = odd

    def __getattr__(self, name: str) -> Any:
        kinds = self.ARGUMENTS[name]
        function = getattr(self.library, self.PREFIX + name)

        def call(*given: Any) -> int | None:
            assert len(given) == len(kinds)
            blocks, words = [], []
            for kind, value in zip(kinds, given, strict=True):
                if kind == "i":
                    words.append(ctypes.c_int32(value))
                elif value is None:
                    words.append(None)
                else:
                    odd = self.odd and kind.endswith("+")
                    data = bytes(odd) + memoryview(value).cast("B").tobytes()
                    block = (ctypes.c_char * len(data)).from_buffer_copy(data)
                    blocks.append((kind, value, block, odd))
                    address = ctypes.addressof(block) + odd
                    words.append(ctypes.byref(_Buffer(address, len(data) - odd)))
            returned = ctypes.c_int32()
            if name in _RETURNING:
                words.append(ctypes.byref(returned))
            error = function(*words)
            if error:
                raise ValueError(ERRORS[error])
            for kind, value, block, odd in blocks:
                if kind.startswith("w"):
                    memoryview(value).cast("B")[:] = block.raw[odd:]
            return returned.value if name in _RETURNING else None

        return call


class HostFloats(HostKernels):
    """The same of ``reference.floats``."""

    ARGUMENTS = _FLOATS
    PREFIX = "tc_float_"


class HostTail(HostKernels):
    """The same of ``reference.tail``."""

    ARGUMENTS = _TAIL
    PREFIX = "tc_tail_"

    def __getattr__(self, name: str) -> Any:
        call = super().__getattr__(name)
        if name != "bconv_update":
            return call

        def update(p: Any, n: int, x: Any, e: Any, latent: Any, *rest: Any) -> int:
            flips: int = call(p, n, x, e, latent, memoryview(latent).itemsize, *rest)
            return flips

        return update


class HostFull(HostKernels):
    """The same of ``reference.full``."""

    ARGUMENTS = _FULL
    PREFIX = "tc_full_"

    def __getattr__(self, name: str) -> Any:
        call = super().__getattr__(name)
        if name != "init_weights":
            return call

        def init_weights(p: Any, w: Any, latent: Any, *rest: Any) -> None:
            call(p, w, latent, memoryview(latent).itemsize, *rest)

        return init_weights


class HostLda(HostKernels):
    """The same of ``reference.lda``."""

    ARGUMENTS = _LDA
    PREFIX = "tc_lda_"


class HostSound(HostKernels):
    """The same of ``reference.sound``."""

    ARGUMENTS = _SOUND
    PREFIX = "tc_sound_"
