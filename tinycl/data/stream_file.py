"""``stream.csv`` of a folder: in which order its files were taught (``tinycl page``).

The columns are ``file``, ``class`` and ``experience``. Rows are in the order of teaching; a file
without an experience was set aside for the test. Classes are numbered as they first come.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinycl.data.dataset import Dataset, make_dataset
from tinycl.exceptions import DataError

__all__ = ["NAME", "Row", "load_stream", "read_stream"]

NAME = "stream.csv"
_HEADER = ["file", "class", "experience"]


@dataclass(frozen=True)
class Row:
    """One sample.

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


def load_stream(
    folder: Path, name: str, load: Callable[[list[Path]], NDArray[np.uint8]]
) -> Dataset:
    """The samples as they were taught; `load` reads files.

    What was set aside is the test; of a class of which nothing was, what was taught.

    Raises
    ------
    DataError
        The list cannot be read, or `load` cannot read the files.
    """
    rows = read_stream(folder)
    samples = load([row.file for row in rows])
    taught = [i for i, row in enumerate(rows) if row.experience is not None]
    names = list(dict.fromkeys(rows[i].name for i in taught))
    if unknown := next((row.name for row in rows if row.name not in names), None):
        raise DataError(f"{name}: no sample of the class {unknown!r} was taught")
    y = np.array([names.index(row.name) for row in rows], np.int64)
    aside = np.setdiff1d(np.arange(len(rows)), taught)
    test = np.union1d(aside, [i for i in taught if y[i] not in y[aside]]).astype(np.int64)
    parts = (samples[taught], y[taught]), (samples[test], y[test])
    experience = np.array([rows[i].experience for i in taught], np.int64)
    return replace(make_dataset(name, *parts, tuple(names)), experience=experience)


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
