"""Data augmentation on uint8 pixels, in numpy: the same seed gives the same pixels everywhere."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["AUGMENTATIONS", "Policy", "augment", "policy_for", "views"]

Pixels = npt.NDArray[np.uint8]

AUGMENTATIONS = ("full", "light")

_WITH_FLIP = ("cifar10", "cifar100", "fashion_mnist")


@dataclass(frozen=True)
class Policy:
    """How far samples may be changed without changing what they show.

    Attributes
    ----------
    shift
        Largest shift, in parts of the side.
    rotate
        Largest rotation in degrees.
    zoom
        Largest relative change of size.
    flip
        Mirror left and right at random.
    brightness
        Largest offset, in pixel values.
    contrast
        Largest relative change of the distance from mid-grey.
    whole
        Shift by whole pixels and neither rotate nor zoom: a fraction of the time.
    """

    shift: float = 0.08
    rotate: float = 7.0
    zoom: float = 0.07
    flip: bool = False
    brightness: float = 20.0
    contrast: float = 0.2
    whole: bool = False


def policy_for(name: str, input_shape: tuple[int, int, int], augmentation: str = "full") -> Policy:
    """The policy that suits a data set: no mirrored digits, no rotated signals.

    ``light`` only shifts by whole pixels, and mirrors where that keeps the meaning.
    """
    if augmentation == "light":
        return Policy(0.125, 0.0, 0.0, name in _WITH_FLIP, 0.0, 0.0, whole=True)
    if min(input_shape[:2]) == 1:
        return Policy(rotate=0.0, brightness=5.0)
    return Policy(flip=name in _WITH_FLIP)


def augment(x: Pixels, policy: Policy, rng: np.random.Generator) -> Pixels:
    """Change every sample at random.

    Parameters
    ----------
    x
        uint8 (N, H, W, C).

    Returns
    -------
    numpy.ndarray
        uint8 (N, H, W, C), rounded and clipped to 0..255: what a board could receive.
    """
    count = len(x)
    y = _shift(x, policy, rng) if policy.whole else _move(x, policy, rng)
    contrast = 1 + policy.contrast * rng.uniform(-1, 1, (count, 1, 1, 1)).astype(np.float32)
    offset = policy.brightness * rng.uniform(-1, 1, (count, 1, 1, 1)).astype(np.float32)
    y = (y - 128) * contrast + (128 + offset)
    if policy.flip:
        mirrored = rng.random(count) < 0.5
        y[mirrored] = y[mirrored, :, ::-1]
    return np.clip(np.rint(y), 0, 255).astype(np.uint8)


def views(x: Pixels, which: npt.NDArray[np.int64]) -> Pixels:
    """Turn each square image by ``which`` quarter turns (0..3); a signal by 1 is reversed."""
    y = x.copy()
    for turn in range(1, 4):
        chosen = which == turn
        if chosen.any():
            one_dimensional = x.shape[2] == 1
            turned = x[chosen]
            y[chosen] = turned[:, ::-1] if one_dimensional else np.rot90(turned, turn, (1, 2))
    return y


def _shift(x: Pixels, policy: Policy, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Shift by whole pixels, edges continued."""
    count, height, width, _ = x.shape
    most = (round(policy.shift * height), round(policy.shift * width))
    down, right = (rng.integers(-n, n + 1, (count, 1, 1)) for n in most)
    row = np.clip(np.arange(height)[None, :, None] - down, 0, height - 1)
    column = np.clip(np.arange(width)[None, None, :] - right, 0, width - 1)
    return x[np.arange(count)[:, None, None], row, column].astype(np.float32)


def _move(x: Pixels, policy: Policy, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Shift, rotate and zoom about the centre: bilinear, edges continued."""
    count, height, width, _ = x.shape
    angle = np.deg2rad(policy.rotate * rng.uniform(-1, 1, count))
    zoom = 1 + policy.zoom * rng.uniform(-1, 1, (count, 1, 1))
    down = policy.shift * height * rng.uniform(-1, 1, (count, 1, 1))
    right = policy.shift * width * rng.uniform(-1, 1, (count, 1, 1)) * (width > 1)
    cos, sin = np.cos(angle)[:, None, None] / zoom, np.sin(angle)[:, None, None] / zoom
    row = np.arange(height)[None, :, None] - (height - 1) / 2 - down
    column = np.arange(width)[None, None, :] - (width - 1) / 2 - right
    source_row = np.clip(cos * row - sin * column + (height - 1) / 2, 0, height - 1)
    source_column = np.clip(sin * row + cos * column + (width - 1) / 2, 0, width - 1)
    top, left = np.floor(source_row).astype(np.intp), np.floor(source_column).astype(np.intp)
    bottom, far = np.minimum(top + 1, height - 1), np.minimum(left + 1, width - 1)
    v = (source_row - top).astype(np.float32)[..., None]
    u = (source_column - left).astype(np.float32)[..., None]
    n = np.arange(count)[:, None, None]
    upper = x[n, top, left] * (1 - u) + x[n, top, far] * u
    lower = x[n, bottom, left] * (1 - u) + x[n, bottom, far] * u
    return upper * (1 - v) + lower * v
