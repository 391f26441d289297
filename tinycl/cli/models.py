"""The compiled model that a user names."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from tinycl.exceptions import DataError
from tinycl.files import read_file

__all__ = ["read_model"]


def read_model(path: Path, depths: Iterable[str]) -> bytes:
    """A compiled model: a file, or one of the zoo or built in where no file has that name.

    Parameters
    ----------
    path
        What the user named.
    depths
        How deep learners are to learn with it.

    Raises
    ------
    DataError
        The file cannot be read; or the model has no weights, and a depth leaves some out.
    """
    from tinycl import zoo
    from tinycl.compiler.untrained import UNTRAINED, untrained

    name = str(path)
    if os.path.exists(path):  # unlike Path.exists, False for a name that is too long
        return read_file(path)
    if name in zoo.names():
        return zoo.model(name)
    if name not in UNTRAINED:
        return read_file(path)
    if any(depth != "full" for depth in depths):
        raise DataError(f"{name} has no weights, all are to be learned: give --learn full")
    return untrained(name)
