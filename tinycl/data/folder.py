"""Images in folders: one sub-folder per class."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinycl.data.dataset import Dataset, make_dataset
from tinycl.data.image_file import image_files, pillow, read_image
from tinycl.data.stream_file import NAME, load_stream
from tinycl.data.table import number_names, split_size
from tinycl.exceptions import DataError

__all__ = ["labelled_files", "load_folder"]

Pair = tuple[NDArray[np.uint8], NDArray[np.int64]]
Size = tuple[int, int, int | None]


def load_folder(argument: str, name: str) -> Dataset:
    """Load ``folder:PATH[,HxW[xC]]``.

    `PATH` holds one sub-folder per class, or ``train`` and ``test`` with such sub-folders, or
    ``stream.csv``, which lists images in the order of teaching (``tinycl.data.stream_file``).
    Images that are all grey stay grey, else all become RGB; ``xC`` (1 or 3) decides instead. They
    must be of one size unless a size is given, to which they are then resized.

    Raises
    ------
    DataError
        If a folder is missing or empty, an image cannot be read, or sizes differ.
    MissingExtraError
        If Pillow is not installed.
    """
    path, size = split_size(argument)
    if size and size[2] not in (None, 1, 3):
        raise DataError(f"images have 1 or 3 channels, not {size[2]}")
    if (path / NAME).is_file():
        return load_stream(path, name, partial(_load_images, size=size))
    class_names, files = labelled_files(path, image_files, "images")
    images = _load_images([file for part in files for file, _ in part], size)
    y = np.array([label for part in files for _, label in part], np.int64)
    cut = len(files[0])
    test = (images[cut:], y[cut:]) if len(files) > 1 else None
    return make_dataset(name, (images[:cut], y[:cut]), test, class_names)


def labelled_files(
    path: Path, find: Callable[[Path], Sequence[Path]], what: str
) -> tuple[tuple[str, ...], list[list[tuple[Path, int]]]]:
    """Names of the classes, and (file, label) of all samples, or of training and test.

    Parameters
    ----------
    path
        Folder with a sub-folder for each class, or ``train`` and ``test`` with such.
    find
        The samples in a class's folder.
    what
        What they are, for messages.

    Raises
    ------
    DataError
        If a folder is missing or empty.
    """
    if not path.is_dir():
        raise DataError(f"no such folder: {path}")
    if {folder.name for folder in _folders(path)} == {"train", "test"}:
        sides = [path / "train", path / "test"]
        if _class_names(sides[0], what) != _class_names(sides[1], what):
            raise DataError(f"{path}: train and test do not have the same classes as sub-folders")
    else:
        sides = [path]
    class_names = _class_names(sides[0], what)
    return class_names, [_files(side, class_names, find, what) for side in sides]


def _folders(path: Path) -> list[Path]:
    return [entry for entry in path.iterdir() if entry.is_dir() and entry.name[0] != "."]


def _class_names(path: Path, what: str) -> tuple[str, ...]:
    names = number_names({folder.name for folder in _folders(path)})
    if not names:
        raise DataError(f"{path} has no sub-folders; expected one per class, with {what} in it")
    return names


def _files(
    path: Path, class_names: tuple[str, ...], find: Callable[[Path], Sequence[Path]], what: str
) -> list[tuple[Path, int]]:
    files = []
    for label, class_name in enumerate(class_names):
        found = find(path / class_name)
        if not found:
            raise DataError(f"{path / class_name} has no {what}; each class needs some")
        files += [(file, label) for file in found]
    return files


def _load_images(files: list[Path], size: Size | None) -> NDArray[np.uint8]:
    """Return (N, H, W, C) uint8."""
    images: list[Any] = []
    for file in files:
        image = read_image(file)
        if size:
            image = image.resize((size[1], size[0]), pillow().Image.Resampling.BILINEAR)
        elif images and image.size != images[0].size:
            raise DataError(
                f"{file} is {image.height}x{image.width}, {files[0].name} is "
                f"{images[0].height}x{images[0].width}; give a size to resize all, as in "
                "folder:PATH,HxW"
            )
        images.append(image)
    grey = size[2] == 1 if size and size[2] else all(image.mode == "L" for image in images)
    arrays = np.stack([np.asarray(image.convert("L" if grey else "RGB")) for image in images])
    return arrays[..., np.newaxis] if grey else arrays
