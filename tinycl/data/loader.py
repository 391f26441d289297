"""Load any data set: by its name, or by a path with a prefix for its format."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable

from tinycl.data import builtin
from tinycl.data.dataset import Dataset
from tinycl.data.folder import load_folder
from tinycl.data.letters import load_letters
from tinycl.data.motions import load_motions, load_motions6
from tinycl.data.npz import load_npz
from tinycl.data.symbols import add_to_digits, load_symbols
from tinycl.data.table import load_csv
from tinycl.data.things import to_things
from tinycl.data.wav import load_wav
from tinycl.exceptions import DataError

__all__ = ["NAMES", "load"]

_GENERATED = {
    "symbols": load_symbols,
    "letters": load_letters,
    "motions": load_motions,
    "motions6": load_motions6,
}
NAMES = ("digits", *builtin.CLASS_NAMES, "drawn", "things", *_GENERATED)
"""Data sets that have a name."""

_FILES: dict[str, Callable[[str, str], Dataset]] = {
    "npz": load_npz,
    "csv": load_csv,
    "folder": load_folder,
    "wav": load_wav,
}


def load(name: str) -> Dataset:
    """Load a data set.

    Parameters
    ----------
    name : str
        ``digits``
            scikit-learn's handwritten digits, 8 x 8; needs no download.
        ``mnist``, ``fashion_mnist``, ``cifar10``, ``cifar100``
            Read from ``NAME.npz`` in the folder that the environment variable ``TINYCL_DATA``
            names, or else downloaded by Keras.
        ``symbols``, ``motions``, ``motions6``
            Generated: drawn symbols, and windows of a 3-axis accelerometer, with a gyroscope
            too (`tinycl.data.symbols`, `tinycl.data.motions`). ``drawn`` is MNIST and symbols,
            ``things`` that and CIFAR-100 in grey (`tinycl.data.things`).
        ``letters``
            Printed A to Z, from matplotlib's fonts (`tinycl.data.letters`).
        ``npz:PATH``
            Arrays ``x_train, y_train, x_test, y_test``, or ``x, y`` to be split; optionally
            ``class_names``.
        ``csv:PATH[,HxW[xC]]``
            One sample per row: label, then pixels. Without a size, a square grey image.
        ``folder:PATH[,HxW[xC]]``
            One sub-folder of images per class, or ``train/`` and ``test/`` with those. A size
            resizes the images.
        ``wav:PATH``
            One sub-folder of recordings per word, or ``train/`` and ``test/`` with those.

    Raises
    ------
    DataError
        If there is no such data set, or what it holds is not as described above.
    MissingExtraError
        If it takes a package of the extra ``train`` that is not installed.

    Examples
    --------
    >>> load("digits").x_train.shape
    (1438, 8, 8, 1)
    """
    kind, colon, argument = name.partition(":")
    if colon and kind in _FILES:
        if not argument:
            raise DataError(f"{name} names no file; write {kind}:PATH")
        try:
            return _FILES[kind](argument, name)
        except (OSError, RuntimeError) as error:  # no permission, name too long, ~nobody
            raise DataError(f"cannot read {name}: {error}") from error
    if name == "digits":
        return builtin.load_digits()
    if name in builtin.CLASS_NAMES:
        return builtin.load_known(name)
    if name in _GENERATED:
        return _GENERATED[name]()
    if name == "drawn":
        return add_to_digits(builtin.load_known("mnist"))
    if name == "things":
        return to_things(load("drawn"), builtin.load_known("cifar100"))
    raise DataError(f"no data set is called {name!r}; {_advice(name)}")


def _advice(name: str) -> str:
    if os.path.isdir(name):
        return f"for a folder of images write folder:{name}, of recordings wav:{name}"
    for kind in ("npz", "csv"):
        if name.lower().endswith(f".{kind}"):
            return f"for a file write {kind}:{name}"
    known = [*NAMES, *(f"{kind}:PATH" for kind in _FILES)]
    near = difflib.get_close_matches(name.lower().replace("-", "_"), known, n=1)
    return f"did you mean {near[0]}?" if near else f"expected one of {', '.join(known)}"
