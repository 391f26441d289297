"""Where samples without labels come from: a camera, a folder of images, a file of windows."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tinycl.data.image_file import ENDINGS, pillow, read_image
from tinycl.data.table import pixels as read_row
from tinycl.exceptions import DataError, MissingExtraError

__all__ = ["Frame", "Shape", "camera", "images", "windows"]

Shape = tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class Frame:
    """A sample as the model takes it, uint8 (height, width, channels), and where it is from.

    A word has the samples of its second too, int16 at 16 kHz.
    """

    pixels: npt.NDArray[np.uint8]
    title: str
    sound: npt.NDArray[np.int16] | None = None


def images(
    folder: Path, shape: Shape, skipped: Callable[[str], object] = lambda _: None
) -> Iterator[Frame]:
    """All images of a folder and of the folders in it, whose names mean nothing here.

    Parameters
    ----------
    folder : Path
    shape : tuple of int
        What the model takes.
    skipped : callable
        Hears why an image cannot be read; the next one follows.

    Raises
    ------
    DataError
        There is no such folder, or no image in it that can be read; or the model does not take
        images.
    MissingExtraError
        Pillow is not installed.
    """
    if not folder.is_dir():
        raise DataError(f"no such folder: {folder}")
    files = sorted(
        file
        for file in folder.rglob("*")
        if file.suffix.lower() in ENDINGS and file.is_file() and file.name[0] != "."
    )
    if not files:
        raise DataError(f"{folder} has no images; expected files such as cup.jpg or 0001.png")
    _check(shape)
    read = 0
    for i, file in enumerate(files, 1):
        title = f"{file.relative_to(folder)}, {i} of {len(files)}"
        try:
            pixels = _fitted(read_image(file), shape)
        except DataError as error:
            skipped(str(error).replace(str(file), str(file.relative_to(folder))))
            continue
        read += 1
        yield Frame(pixels, title)
    if not read:
        raise DataError(f"{folder}: none of its {len(files)} images can be read")


def windows(file: Path, shape: Shape) -> Iterator[Frame]:
    """Rows of a CSV file, each a window of a sensor without a label.

    Raises
    ------
    DataError
        The file cannot be read, or has no row, or a row does not have as many integers 0..255 as
        the model takes: all rows are read before the first one is given.
    """
    count = int(np.prod(shape))
    try:
        rows = [row for row in csv.reader(file.read_text("utf-8-sig").splitlines()) if row]
    except OSError as error:
        raise DataError(f"cannot read {file}: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"cannot read {file}: {error}") from error
    if not rows:
        raise DataError(f"{file} has no rows; expected {count} integers 0 to 255 in each")
    frames = []
    for number, row in enumerate(rows, 1):
        pixels = np.frombuffer(read_row(row, f"{file}, row {number}"), np.uint8)
        if len(pixels) != count:
            raise DataError(
                f"{file}, row {number}: {len(pixels)} numbers; without a label the model takes "
                f"{shape[0]} x {shape[1]} x {shape[2]}, which is {count}"
            )
        frames.append(Frame(pixels.reshape(shape), f"{file.name}, {number} of {len(rows)}"))
    yield from frames


def camera(which: str, shape: Shape) -> Iterator[Frame]:
    """What a camera sees, without end.

    Parameters
    ----------
    which : str
        Its number, or what else OpenCV opens: a device, a video file, a stream's address.

    Raises
    ------
    DataError
        It does not open, or gives no picture.
    MissingExtraError
        OpenCV or Pillow is not installed.
    """
    try:
        import cv2
    except ImportError as error:
        raise MissingExtraError(
            "a camera takes OpenCV: pip install 'tinycl[camera]'; or give a folder with --images"
        ) from error
    _check(shape)
    pil = pillow()
    capture = cv2.VideoCapture(int(which) if which.isdecimal() else which)
    try:
        if not capture.isOpened():
            raise DataError(
                f"camera {which} does not open: is it plugged in, and used by no other program? "
                "Another number names another camera"
            )
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # what is shown is what is there now
        seen = 0
        while True:
            there, frame = capture.read()
            if not there:
                if seen:
                    return
                raise DataError(f"camera {which} opens, but gives no picture")
            seen += 1
            rgb = np.ascontiguousarray(np.asarray(frame)[..., ::-1])  # OpenCV has blue first
            yield Frame(_fitted(pil.Image.fromarray(rgb), shape), f"camera {which}")
    finally:
        capture.release()


def _check(shape: Shape) -> None:
    if shape[2] not in (1, 3):
        raise DataError(f"images have 1 or 3 channels, the model takes {shape[2]}: give --windows")
    if 1 in shape[:2]:
        raise DataError(
            f"the model takes windows of a sensor, {shape[0]} x {shape[1]}, no images: give "
            "--windows"
        )


def _fitted(image: Any, shape: Shape) -> npt.NDArray[np.uint8]:
    """The middle of an image in the shape of the model, grey or in colour as it takes them."""
    pil = pillow()
    height, width, channels = shape
    fitted = pil.ImageOps.fit(
        image.convert("L" if channels == 1 else "RGB"),
        (width, height),
        pil.Image.Resampling.BILINEAR,
    )
    return np.asarray(fitted, np.uint8).reshape(shape).copy()
