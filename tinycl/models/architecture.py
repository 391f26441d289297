"""Choose the layers of a backbone from the input's shape and a flash budget. No TensorFlow here.

The rules: convolutions shrink the map without padding where that keeps it even for the pooling
that follows; the latent map is about 4x4 (signals: 8x1), small enough to remember by the
hundred; channels are multiples of 32, so that packed words carry no padding. Widths and depth
are searched: of all that fill most of the budget at a low cost in time, the one with the
fewest layers. Few wide layers beat many narrow ones of the same flash and time: on CIFAR-10, 32k,
pooled features gave 43.5 % against 36.5 %, since every narrow map in between loses what it has
no bits for.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations_with_replacement, pairwise
from math import prod

from tinycl.exceptions import ModelError

__all__ = ["SIZES", "Architecture", "ConvSpec", "choose_architecture", "feature_grid"]

SIZES = {name: int(name[:-1]) * 1024 for name in ("4k", "8k", "16k", "32k", "60k", "120k")}

_WIDTHS = (32, 64, 96, 128, 192, 256)
_LAST_WIDTH = {"4k": 64, "8k": 64, "16k": 64, "32k": 128, "60k": 128, "120k": 256}
_MAX_EXTRA = 4
_FILL = 0.8  # of the most flash that any of them uses
_SLACK = 1.5  # times the least cost of any of them
_INT8_COST = 8  # binary multiply-accumulates that take the time of an 8-bit one


@dataclass(frozen=True)
class ConvSpec:
    """One convolution, its batch norm, and the max pooling after it.

    ``kernel`` and ``pool`` are (height, width); ``pool`` (1, 1) means none. ``size`` is the map
    that leaves the block, ``conv_size`` the one that leaves the convolution.
    """

    kernel: tuple[int, int]
    padding: str
    pool: tuple[int, int]
    conv_size: tuple[int, int]
    size: tuple[int, int]
    strides: tuple[int, int] = (1, 1)
    pool_strides: tuple[int, int] | None = None
    """None: as ``pool``, so that windows do not overlap."""
    joins: tuple[int, ...] = ()
    """Earlier blocks whose bits the convolution reads besides those of the block before it."""


@dataclass(frozen=True)
class Architecture:
    """A backbone before it is built: convolutions (the first is 8-bit) and their widths.

    ``latent_joins`` are earlier blocks whose bits are latents besides those of the last block.
    Joined bits are shortcuts that stay bits (BinaryDenseNet, Bethge et al., 1906.08637).
    """

    channels: int
    convs: tuple[ConvSpec, ...]
    widths: tuple[int, ...]
    latent_joins: tuple[int, ...] = ()

    @property
    def latent_shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of the binary latents."""
        return (*self.convs[-1].size, self._joined(len(self.widths) - 1, self.latent_joins))

    def _joined(self, block: int, joins: tuple[int, ...]) -> int:
        return self.widths[block] + sum(self.widths[i] for i in joins)

    @property
    def _binary_weights(self) -> list[int]:
        """Weights of each binary convolution."""
        return [
            prod(conv.kernel) * self._joined(before, conv.joins) * width
            for before, (conv, width) in enumerate(
                zip(self.convs[1:], self.widths[1:], strict=True)
            )
        ]

    @property
    def flash_bytes(self) -> int:
        """Bytes of the int8 first kernel, the packed weights and one int32 per threshold."""
        first = prod(self.convs[0].kernel) * self.channels * self.widths[0]
        return first + sum(self._binary_weights) // 8 + 4 * sum(self.widths)

    @property
    def binary_macs(self) -> int:
        """Binary multiply-accumulates for one sample."""
        sizes = [prod(conv.conv_size) for conv in self.convs[1:]]
        return sum(n * at for n, at in zip(self._binary_weights, sizes, strict=True))

    @property
    def cost(self) -> int:
        """Time for one sample, in binary multiply-accumulates."""
        first = self.convs[0]
        taps = prod(first.kernel) * self.channels * self.widths[0]
        return self.binary_macs + _INT8_COST * taps * prod(first.conv_size)


def feature_grid(latent_shape: tuple[int, ...]) -> tuple[int, int]:
    """Grid of cells over which the head's features are summed: 2x2, signals 4x1.

    A cell holds at least two positions on each axis that is cut.
    """
    height, width = latent_shape[:2]
    most = 4 if min(height, width) == 1 else 2
    return min(most, max(1, height // 2)), min(most, max(1, width // 2))


def choose_architecture(input_shape: tuple[int, int, int], size: str) -> Architecture:
    """Choose layers for ``input_shape`` (H, W, C) that fit the flash budget ``size``.

    Raises
    ------
    ModelError
        ``size`` is not one of `SIZES`, the shape is not three positive numbers, or the input is
        too small or too large for the budget.
    """
    if size not in SIZES:
        raise ModelError(f"unknown backbone size {size!r}: choose one of {', '.join(SIZES)}")
    if len(input_shape) != 3 or any(int(n) != n or n < 1 for n in input_shape):
        raise ModelError(f"expected an input shape (height, width, channels), got {input_shape}")
    height, width, channels = (int(n) for n in input_shape)
    if max(height, width) < 6:
        raise ModelError(f"input {height}x{width} is too small: one side needs 6 or more")
    for first_kernel in (5, 3):
        candidates = _candidates((height, width), channels, size, first_kernel)
        architectures = [p for p in candidates if p.flash_bytes <= SIZES[size]]
        if architectures:
            break
    else:
        raise ModelError(f"no backbone for input {input_shape} fits {size}: take a larger size")
    enough = _FILL * max(p.flash_bytes for p in architectures)
    full = [p for p in architectures if p.flash_bytes >= enough]
    affordable = _SLACK * min(p.cost for p in full)
    quick = [p for p in full if p.cost <= affordable]
    return min(quick, key=lambda p: (len(p.convs), -p.flash_bytes, p.cost))


def _candidates(
    sizes: tuple[int, int], channels: int, size: str, first_kernel: int
) -> Iterator[Architecture]:
    most = _LAST_WIDTH[size]
    allowed = [w for w in _WIDTHS if w <= most]
    for extra in range(_MAX_EXTRA + 1):
        convs = _layout(sizes, extra, first_kernel)
        for widths in combinations_with_replacement(allowed, len(convs)):
            if all(b <= 2 * a for a, b in pairwise(widths)):
                yield Architecture(channels, convs, widths)


def _layout(sizes: tuple[int, int], extra: int, first_kernel: int) -> tuple[ConvSpec, ...]:
    """Convolutions from the input to the latent map, with ``extra`` that keep the map's size."""
    target = 8 if min(sizes) == 1 else 4
    first = _first(sizes, first_kernel)
    shrinking: list[ConvSpec] = []
    now = first.size
    while (conv := _shrink(now, target)).size != now:
        shrinking.append(conv)
        now = conv.size
    if not shrinking:
        shrinking.append(_keep(now))
    if shrinking[-1].pool != (1, 1):
        return (first, *shrinking, *[_keep(now)] * extra)
    last = shrinking.pop()  # it only crops: the larger map is the better place for more layers
    before = shrinking[-1].size if shrinking else first.size
    return (first, *shrinking, *[_keep(before)] * extra, last)


def _first(sizes: tuple[int, int], most: int) -> ConvSpec:
    """No padding; a kernel up to ``most`` that leaves an even map (times two before pooling)."""
    pool = tuple(2 if n >= 16 else 1 for n in sizes)
    kernel = tuple(_first_kernel(n, p, most) for n, p in zip(sizes, pool, strict=True))
    return _spec(sizes, kernel, "valid", pool)


def _first_kernel(n: int, pool: int, most: int) -> int:
    if n < 4:
        return n
    if pool == 2 and most >= 5:
        return next(k for k in (2, 3, 4, 5) if (n - k + 1) % 4 == 0)
    return 3 if n % 2 == 0 else 2


def _shrink(sizes: tuple[int, int], target: int) -> ConvSpec:
    """One block that brings the map nearer to ``target``; pools from twice the target on.

    It goes without padding where that leaves an even map, and no axis below the target.
    """
    pool = tuple(2 if n >= 2 * target else 1 for n in sizes)
    wanted = any(
        n % 4 == 2 if p == 2 else n >= target + 2 for n, p in zip(sizes, pool, strict=True)
    )
    room = all(n == 1 or n - 2 >= target * p for n, p in zip(sizes, pool, strict=True))
    return _spec(sizes, _kernel(sizes), "valid" if wanted and room else "same", pool)


def _keep(sizes: tuple[int, int]) -> ConvSpec:
    return _spec(sizes, _kernel(sizes), "same", (1, 1))


def _kernel(sizes: tuple[int, int]) -> tuple[int, ...]:
    return tuple(1 if n == 1 else 3 for n in sizes)


def _spec(
    sizes: tuple[int, ...], kernel: tuple[int, ...], padding: str, pool: tuple[int, ...]
) -> ConvSpec:
    cut = [0 if padding == "same" else k - 1 for k in kernel]
    conv = tuple(n - c for n, c in zip(sizes, cut, strict=True))
    size = tuple(n // p for n, p in zip(conv, pool, strict=True))
    return ConvSpec(
        (kernel[0], kernel[1]), padding, (pool[0], pool[1]), (conv[0], conv[1]), (size[0], size[1])
    )
