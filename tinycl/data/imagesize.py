"""The optional size at the end of ``csv:PATH,HxWxC`` and ``folder:PATH,HxWxC``."""

from __future__ import annotations

import re
from pathlib import Path

from tinycl.exceptions import DataError

__all__ = ["split_size"]

_SIZE = re.compile(r",(\d+)x(\d+)(?:x(\d+))?$")
_MOST = 4096  # pixels along one side: far beyond what a microcontroller takes


def split_size(argument: str) -> tuple[Path, tuple[int, int, int | None] | None]:
    """Cut a size off a path.

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
