"""``stream.csv`` of a folder of images: in which order they were taught (``tinycl page``).

The columns are ``file``, ``class`` and ``experience``. Rows are in the order of teaching; a file
without an experience was set aside for the test. Classes are numbered as they first come.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from tinycl.exceptions import DataError

__all__ = ["NAME", "Row", "read_stream"]

NAME = "stream.csv"
_HEADER = ["file", "class", "experience"]


@dataclass(frozen=True)
class Row:
    """One image.

    Attributes
    ----------
    file
        Its path.
    name
        Its class.
    experience
        Number of the experience that taught it; None: it was set aside.
    """

    file: Path
    name: str
    experience: int | None


def read_stream(folder: Path) -> list[Row]:
    """The rows of a folder's ``stream.csv``.

    Raises
    ------
    DataError
        It cannot be read, or a row is not as described above.
    """
    path = folder / NAME
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            header, *lines = csv.reader(file)
    except (OSError, ValueError, csv.Error) as error:
        raise DataError(f"cannot read {path}: {error}") from error
    if header != _HEADER:
        raise DataError(f"{path}: expected the columns {', '.join(_HEADER)}, got {header}")
    rows = [_row(folder, cells, f"{path}, line {n}") for n, cells in enumerate(lines, 2) if cells]
    numbers = [row.experience for row in rows if row.experience is not None]
    steps = {b - a for a, b in zip([-1, *numbers], numbers, strict=False)}
    if not numbers or numbers[0] != 0 or not steps <= {0, 1}:
        raise DataError(f"{path}: expected experiences 0, 1, 2, ... in the order of the rows")
    return rows


def _row(folder: Path, cells: list[str], where: str) -> Row:
    if len(cells) != len(_HEADER) or not cells[1] or not (cells[2].isdecimal() or not cells[2]):
        raise DataError(f"{where}: expected a file, a class and a number or nothing")
    file = (folder / cells[0]).resolve()
    if not file.is_relative_to(folder.resolve()):
        raise DataError(f"{where}: {cells[0]} is not in this folder")
    if not file.is_file():
        raise DataError(f"{where}: no such file: {cells[0]}")
    return Row(file, cells[1], int(cells[2]) if cells[2] else None)
