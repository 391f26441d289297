"""Image files, read by Pillow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tinycl.exceptions import DataError, MissingExtraError

__all__ = ["ENDINGS", "image_files", "pillow", "read_image"]

ENDINGS = frozenset(
    (".bmp", ".gif", ".jpeg", ".jpg", ".pbm", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")
)
_DEEP = ("I", "F")  # first letter of Pillow's modes that hold more than 8 bits a channel


def pillow() -> Any:
    """The package ``PIL`` with the modules used here; MissingExtraError without it."""
    try:
        import PIL.Image
        import PIL.ImageOps
    except ImportError as error:
        raise MissingExtraError(
            "reading images takes Pillow: pip install 'tinycl[camera]'"
        ) from error
    return PIL


def image_files(folder: Path) -> list[Path]:
    """The images that stand in a folder itself, in order of their names."""
    return sorted(
        file for file in folder.iterdir() if file.suffix.lower() in ENDINGS and file.name[0] != "."
    )


def read_image(file: Path) -> Any:
    """Read an image upright as Pillow's ``L`` (grey) or ``RGB``.

    Raises
    ------
    DataError
        It is no image, or has more than 8 bits a channel.
    MissingExtraError
        Pillow is not installed.
    """
    pil = pillow()
    try:
        with pil.Image.open(file) as opened:
            image = pil.ImageOps.exif_transpose(opened)
            image.load()
    except Exception as error:  # every decoder of Pillow has its own errors
        raise DataError(f"{file} cannot be read as an image ({error})") from error
    if image.mode[0] in _DEEP:
        raise DataError(f"{file} has more than 8 bits a pixel; save it with 8")
    return image.convert("L" if image.mode in ("1", "L", "LA") else "RGB")
