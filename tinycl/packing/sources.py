"""Which files of ``tinycl_rt`` a board gets: all but those that only a computer can use."""

from __future__ import annotations

from pathlib import Path

import tinycl_rt

__all__ = ["board_sources", "is_host_only", "is_sound", "is_viper", "runtime_folder"]

_HOST_ONLY = ("kernels/numpy/", "link/fd_stream.py")
_VIPER = "kernels/viper/"


def runtime_folder() -> Path:
    """The ``tinycl_rt`` that this package came with."""
    return Path(tinycl_rt.__file__).resolve().parent


def is_host_only(path: str) -> bool:
    """Whether a file, named from ``tinycl_rt``'s folder, is of no use on a board."""
    return path.startswith(_HOST_ONLY)


def is_viper(path: str) -> bool:
    """Whether a file, named from ``tinycl_rt``'s folder, belongs to the viper kernels."""
    return path.startswith(_VIPER)


def is_sound(path: str) -> bool:
    """Whether a file, named from ``tinycl_rt``'s folder, is for boards that hear."""
    return path.endswith(("sound.py", "listener.py"))


def board_sources(folder: Path | None = None, viper: bool = True) -> list[str]:
    """Paths of a board's files from ``tinycl_rt``'s folder, sorted.

    Parameters
    ----------
    folder
        A ``tinycl_rt``; by default the one that this package came with.
    viper
        With the viper kernels: CircuitPython cannot even parse them.
    """
    folder = folder or runtime_folder()
    paths = sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*.py"))
    return [p for p in paths if not is_host_only(p) and (viper or not is_viper(p))]
