"""Images as text: two pixels a character in colours, or a ramp of characters without."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from tinycl.ui.line import Line
from tinycl.ui.theme import pair

__all__ = ["picture", "resample"]

_RAMP = " .:-=+*#%@"


def picture(
    image: npt.NDArray[np.uint8], width: int, height: int, colour: bool = True
) -> list[Line]:
    """An image in at most `width` x `height` characters, its sides in proportion.

    A character is twice as high as wide, so its halves (``▀``) are square pixels.

    Parameters
    ----------
    image : uint8 array (height, width, channels)
        One channel is grey, three or more are red, green and blue, two are shown as their mean.
    """
    return list(_picture(image.tobytes(), image.shape, width, height, colour))


@lru_cache(maxsize=256)
def _picture(
    pixels: bytes, shape: tuple[int, ...], width: int, height: int, colour: bool
) -> tuple[Line, ...]:
    image = np.frombuffer(pixels, np.uint8).reshape(shape)
    h, w, c = shape
    scale = min(width / w, 2 * height / h)
    columns = max(1, min(width, round(w * scale)))
    rows = max(1, min(height, round(h * scale / 2)))
    rgb = image[..., :3] if c >= 3 else image.mean(axis=2, keepdims=True).repeat(3, axis=2)
    if not colour:
        grey = resample(rgb.mean(axis=2, keepdims=True), rows, columns)[..., 0]
        steps = (grey * len(_RAMP) / 256).astype(int)
        return tuple(Line("".join(_RAMP[i] for i in row)) for row in steps)
    # Five bits a colour: styles are made once and then found again.
    halves = resample(rgb, 2 * rows, columns).round().astype(int) & 0xF8
    return tuple(
        Line(*(("▀", pair((*above,), (*below,))) for above, below in zip(*rows, strict=True)))
        for rows in zip(halves[::2].tolist(), halves[1::2].tolist(), strict=True)
    )


def resample(image: npt.NDArray[np.generic], height: int, width: int) -> npt.NDArray[np.float64]:
    """Means over the area that each new pixel covers, (height, width, channels)."""
    h, w, c = image.shape
    flat = image.astype(np.float64).reshape(h, w * c)
    tall = (_cover(h, height) @ flat).reshape(height, w, c)
    found: npt.NDArray[np.float64] = _cover(w, width) @ tall
    return found


@lru_cache(maxsize=16)
def _cover(old: int, new: int) -> npt.NDArray[np.float64]:
    """Share of each old pixel in each new one along a side, (new, old)."""
    edges = np.arange(new + 1) * old / new
    at = np.arange(old)
    overlap = np.minimum(edges[1:, None], at + 1) - np.maximum(edges[:-1, None], at)
    share: npt.NDArray[np.float64] = np.clip(overlap, 0, None) * new / old
    return share
