"""Images as rows of a CSV file: label first, then one column per pixel."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinycl.data.dataset import Dataset, make_dataset
from tinycl.exceptions import DataError
from tinycl.files import check_file

__all__ = ["load_csv", "number_names", "pixels", "split_size"]

_SIZE = re.compile(r",(\d+)x(\d+)(?:x(\d+))?$")
_LONGEST = 1000  # characters of a class name: a board takes far fewer
_MOST = 4096  # pixels along one side: far beyond what a microcontroller takes


def load_csv(argument: str, name: str) -> Dataset:
    """Load ``csv:PATH[,HxW[xC]]`` and set a fifth of each class's samples aside for the test.

    Raises
    ------
    DataError
        If a row is too short or too long, a pixel is not an integer in 0..255, or the number of
        pixels does not fit the size.
    """
    path, size = split_size(argument)
    check_file(path)
    labels, rows = _read(path)
    x = np.frombuffer(b"".join(rows), np.uint8).reshape(len(rows), -1)
    shape = _shape(x.shape[1], size, path)
    y, class_names = _classes(labels)
    return make_dataset(name, (x.reshape(-1, *shape), y), None, class_names)


def split_size(argument: str) -> tuple[Path, tuple[int, int, int | None] | None]:
    """Cut the optional size off ``PATH,HxW[xC]``.

    >>> split_size("digits.csv,8x8")
    (PosixPath('digits.csv'), (8, 8, None))
    >>> split_size("digits.csv")
    (PosixPath('digits.csv'), None)

    Raises
    ------
    DataError
        If a side is 0 or above 4,096.
    """
    found = _SIZE.search(argument)
    if not found:
        return Path(argument).expanduser(), None
    height, width = int(found[1]), int(found[2])
    channels = int(found[3]) if found[3] else None
    if not all(1 <= side <= _MOST for side in (height, width, channels or 1)) or channels == 0:
        raise DataError(f"{found[0][1:]} is not a size; sides run from 1 to {_MOST}")
    return Path(argument[: found.start()]).expanduser(), (height, width, channels)


def number_names(names: set[str]) -> tuple[str, ...]:
    """Put class names in order: by value if all are numbers, else by the alphabet.

    >>> number_names({"10", "9"}), number_names({"dog", "cat"})
    (('9', '10'), ('cat', 'dog'))

    Raises
    ------
    DataError
        If a name has more than 1,000 characters.
    """
    too_long = next((name for name in names if len(name) > _LONGEST), None)
    if too_long:
        raise DataError(
            f"the class {too_long[:20]}… has a name of {len(too_long)} characters; "
            f"expected at most {_LONGEST}"
        )
    numeric = all(name.isdecimal() for name in names)
    return tuple(sorted(names, key=lambda name: (int(name) if numeric else 0, name)))


def _read(path: Path) -> tuple[list[str], list[bytes]]:
    labels: list[str] = []
    rows: list[bytes] = []
    for line, cells in _lines(path):
        if rows and len(cells) - 1 != len(rows[0]):
            raise DataError(
                f"{path}, line {line}: {len(cells)} columns; the rows above have "
                f"{len(rows[0]) + 1}"
            )
        if len(cells) < 2 or not cells[0].strip():
            raise DataError(f"{path}, line {line}: expected a label, then pixels, with commas")
        labels.append(cells[0].strip())
        rows.append(pixels(cells[1:], f"{path}, line {line}"))
    if not rows:
        raise DataError(f"{path} holds no samples; expected rows of a label, then pixels")
    return labels, rows


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield (line number, cells) of each row that is neither empty nor the header."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file)
            first = True
            for cells in reader:
                if not cells:
                    continue
                if not (first and _is_header(cells)):
                    yield reader.line_num, cells
                first = False
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} is not a CSV file of text ({error})") from error
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from error


def _is_header(cells: list[str]) -> bool:
    """Tell whether no column after the first is a number, or starts like one."""
    return len(cells) > 1 and not any(
        cell.strip()[:1] in set("+-.0123456789") or _is_number(cell) for cell in cells[1:]
    )


def _is_number(cell: str) -> bool:
    """Tell whether Python reads it as a number: nan and inf, too."""
    try:
        float(cell)
    except ValueError:
        return False
    return True


def pixels(cells: list[str], where: str) -> bytes:
    """Read the cells of a row, integers 0 to 255; DataError with the first that is none."""
    try:
        if "_" not in "".join(cells):  # Python would read 1_0 as 10
            return bytes(map(int, cells))  # refuses what is no integer, and what is not in 0..255
    except ValueError:
        pass
    bad = next(cell for cell in cells if not _is_pixel(cell))[:30]
    raise DataError(f"{where}: {bad!r} is not a pixel; expected integers 0 to 255")


def _is_pixel(cell: str) -> bool:
    try:
        return "_" not in cell and 0 <= int(cell) <= 255
    except ValueError:
        return False


def _shape(
    pixels: int, size: tuple[int, int, int | None] | None, path: Path
) -> tuple[int, int, int]:
    if size is None:
        side = math.isqrt(pixels)
        if side * side != pixels:
            raise DataError(
                f"{path} has {pixels} pixels in a row, which is no square; give the size, as in "
                f"csv:{path},HxWxC"
            )
        return side, side, 1
    height, width, channels = size[0], size[1], size[2] or 1
    if height * width * channels != pixels:
        raise DataError(
            f"{path} has {pixels} pixels in a row; {height}x{width}x{channels} would be "
            f"{height * width * channels}"
        )
    return height, width, channels


def _classes(labels: list[str]) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Turn labels into indices; names and gapless or gapped numbers alike become classes."""
    class_names = number_names(set(labels))
    index = {class_name: number for number, class_name in enumerate(class_names)}
    return np.array([index[label] for label in labels], np.int64), class_names
