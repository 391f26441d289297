"""Arrays from a NumPy archive that someone else has made."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinycl.data.dataset import Dataset, make_dataset
from tinycl.exceptions import DataError
from tinycl.files import check_file

__all__ = ["Archive", "load_npz", "open_npz"]


class Archive:
    """An open ``.npz`` file whose every failure is a DataError that names the file."""

    def __init__(self, path: Path, members: np.lib.npyio.NpzFile) -> None:
        self._path = path
        self._members = members

    def __contains__(self, key: str) -> bool:
        return key in self._members.files

    def get(self, key: str) -> NDArray:
        """Return one array.

        Raises
        ------
        DataError
            If there is no such key, it is damaged, or it holds Python objects.
        """
        if key not in self:
            held = ", ".join(sorted(self._members.files)) or "nothing"
            raise DataError(f"{self._path} has no array {key}; it holds {held}")
        try:
            array = self._members[key]
        except Exception as error:  # zip, zlib and header parsing each have their own errors
            raise DataError(f"{self._path}: array {key} is damaged ({error})") from error
        if not isinstance(array, np.ndarray):
            raise DataError(f"{self._path}: {key} is not an array; save with np.savez")
        return array


@contextlib.contextmanager
def open_npz(path: Path) -> Iterator[Archive]:
    """Open a NumPy archive; pickled objects are refused.

    Raises
    ------
    DataError
        If there is no such file or it is not a whole ``.npz``.
    """
    check_file(path)
    try:
        members = np.load(path, allow_pickle=False)
    except OSError as error:
        raise DataError(f"cannot read {path}: {error}") from error
    except Exception as error:  # not a zip, cut short, a pickle: numpy raises many kinds
        raise DataError(f"{path} is not a whole .npz file; save one with np.savez") from error
    if not isinstance(members, np.lib.npyio.NpzFile):
        raise DataError(f"{path} is a single array (.npy); save samples and labels with np.savez")
    with members:
        yield Archive(path, members)


def load_npz(argument: str, name: str) -> Dataset:
    """Load ``npz:PATH``: x_train, y_train and x_test, y_test, or x, y; optionally class_names.

    Pixels are (N, H, W) or (N, H, W, C), uint8 or integers in 0..255.

    Raises
    ------
    DataError
        No such file, names that are missing, or arrays of other shapes or values.
    """
    path = Path(argument).expanduser()
    with open_npz(path) as archive:
        pair = ("x_train", "y_train") if "x_train" in archive else ("x", "y")
        if pair[0] not in archive:
            raise DataError(f"{path} has neither x_train nor x; save np.savez(path, x=..., y=...)")
        train = archive.get(pair[0]), archive.get(pair[1])
        test = None
        if "x_test" in archive or "y_test" in archive:
            test = archive.get("x_test"), archive.get("y_test")
        names = (
            _class_names(archive.get("class_names"), path) if "class_names" in archive else None
        )
    return make_dataset(name, train, test, names)


def _class_names(names: NDArray, path: Path) -> tuple[str, ...]:
    if names.ndim != 1 or names.dtype.kind != "U" or not len(names):
        raise DataError(
            f"{path}: class_names is {names.dtype} {names.shape}; expected a list of strings"
        )
    if len(set(names)) != len(names):
        raise DataError(f"{path}: class_names has a name twice; expected one name per class")
    return tuple(str(name) for name in names)
