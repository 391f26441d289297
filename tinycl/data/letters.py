"""Printed letters A to Z in matplotlib's fonts, distorted at random; needs no download."""

from __future__ import annotations

from pathlib import Path
from string import ascii_uppercase
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinycl.data.dataset import Dataset, by_class, make_dataset
from tinycl.data.image_file import pillow
from tinycl.data.symbols import SIDE
from tinycl.exceptions import MissingExtraError

__all__ = ["load_letters"]

_FONTS = (
    "DejaVuSans",
    "DejaVuSans-Bold",
    "DejaVuSans-Oblique",
    "DejaVuSerif",
    "DejaVuSerif-Bold",
    "DejaVuSerif-Italic",
    "DejaVuSansMono",
    "STIXGeneral",
    "STIXGeneralItalic",
    "cmr10",
)
_TRAIN, _TEST = 200, 60
_SEED = 40


def load_letters() -> Dataset:
    """26 classes of 200 and 60 samples, 28 x 28 grey, light on dark.

    Raises
    ------
    MissingExtraError
        If matplotlib or Pillow is not installed.
    """
    image, fonts = pillow().Image, _fonts()
    parts = [
        _print(image, fonts, letter, np.random.default_rng([_SEED, label]))
        for label, letter in enumerate(ascii_uppercase)
    ]
    return make_dataset("letters", *by_class(parts, _TRAIN), tuple(ascii_uppercase))


def _fonts() -> list[Any]:
    try:
        import matplotlib
        from PIL import ImageFont
    except ImportError as error:
        raise MissingExtraError(
            f"the data set letters takes matplotlib's fonts ({error}): pip install 'tinycl[train]'"
        ) from error
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    return [ImageFont.truetype(str(folder / f"{name}.ttf"), 48) for name in _FONTS]


def _print(
    image: Any, fonts: list[Any], letter: str, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Samples (count, 28, 28): a font, then turned, sheared, scaled and shifted."""
    from PIL import ImageDraw

    out = np.empty((_TRAIN + _TEST, SIDE, SIDE), np.uint8)
    for i in range(len(out)):
        page = image.new("L", (2 * SIDE * 2, 2 * SIDE * 2))
        middle = (page.width // 2, page.height // 2)
        font = fonts[rng.integers(len(fonts))]
        ImageDraw.Draw(page).text(middle, letter, fill=255, font=font, anchor="mm")
        turn, shear = np.deg2rad(rng.uniform(-12, 12)), rng.uniform(-0.2, 0.2)
        step = rng.uniform(1.7, 2.3)  # pixels of the page for one of the sample
        a, b = step * np.cos(turn), step * (np.sin(turn) + shear)
        c, d = -step * np.sin(turn), step * np.cos(turn)
        x, y = (m - step * rng.uniform(-2, 2) for m in middle)
        half = SIDE / 2
        matrix = (a, b, x - half * (a + b), c, d, y - half * (c + d))
        small = page.transform(
            (SIDE, SIDE), image.Transform.AFFINE, matrix, image.Resampling.BICUBIC
        )
        out[i] = np.asarray(small)
    return out
