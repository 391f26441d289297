"""The public data sets: scikit-learn's digits, and those that Keras knows to download."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinycl.data.dataset import Dataset, make_dataset
from tinycl.data.npz import open_npz
from tinycl.exceptions import DataError, MissingExtraError

__all__ = ["CLASS_NAMES", "ENVIRONMENT", "load_digits", "load_known"]

ENVIRONMENT = "TINYCL_DATA"
"""Environment variable: a folder with ``mnist.npz`` and so on, for machines without internet."""

_TIMEOUT = 30.0  # seconds of silence after which a download counts as failed

_FASHION = "T-shirt, trouser, pullover, dress, coat, sandal, shirt, sneaker, bag, ankle boot"
_CIFAR10 = "airplane automobile bird cat deer dog frog horse ship truck"
_CIFAR100 = """
    apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus
    butterfly camel can castle caterpillar cattle chair chimpanzee clock cloud cockroach couch
    crab crocodile cup dinosaur dolphin elephant flatfish forest fox girl hamster house kangaroo
    keyboard lamp lawn_mower leopard lion lizard lobster man maple_tree motorcycle mountain mouse
    mushroom oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree plain plate poppy
    porcupine possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk skyscraper
    snail snake spider squirrel streetcar sunflower sweet_pepper table tank telephone television
    tiger tractor train trout tulip turtle wardrobe whale willow_tree wolf woman worm
"""

CLASS_NAMES: dict[str, tuple[str, ...]] = {
    "mnist": tuple("0123456789"),
    "fashion_mnist": tuple(_FASHION.split(", ")),
    "cifar10": tuple(_CIFAR10.split()),
    "cifar100": tuple(_CIFAR100.split()),
}
"""Names of the classes of each set that Keras downloads, by label."""


def load_digits() -> Dataset:
    """Load scikit-learn's 1,797 handwritten digits, their 17 grey levels spread over 0..255.

    Raises
    ------
    MissingExtraError
        If scikit-learn is not installed.
    """
    try:
        from sklearn.datasets import load_digits as sklearn_digits
    except ImportError as error:
        raise MissingExtraError(
            "the data set digits comes with scikit-learn: pip install 'tinycl[train]'"
        ) from error
    digits: Any = sklearn_digits()
    pixels = np.round(digits.images * (255 / 16)).astype(np.uint8)
    return make_dataset("digits", (pixels, digits.target), None, tuple("0123456789"))


def load_known(name: str) -> Dataset:
    """Load one of `CLASS_NAMES`, from the folder ``TINYCL_DATA`` or else through Keras.

    Raises
    ------
    DataError
        If the file is damaged, or there is none and the download fails.
    """
    path = _local_file(name)
    train, test = _download(name) if path is None else _read(path)
    return make_dataset(name, train, test, CLASS_NAMES[name])


def _local_file(name: str) -> Path | None:
    root = os.environ.get(ENVIRONMENT)
    if not root:
        return None
    if not Path(root).is_dir():
        raise DataError(f"the environment variable {ENVIRONMENT} names {root}, not a folder")
    path = Path(root) / f"{name}.npz"
    return path if path.is_file() else None


Pair = tuple[NDArray, NDArray]


def _read(path: Path) -> tuple[Pair, Pair]:
    with open_npz(path) as archive:
        x_train, x_test = (
            _decode(archive.get(f"{key}_gcd"), path)
            if f"{key}_gcd" in archive
            else archive.get(key)
            for key in ("x_train", "x_test")
        )
        return (x_train, archive.get("y_train")), (x_test, archive.get("y_test"))


def _decode(differences: NDArray, path: Path) -> NDArray[np.uint8]:
    """Undo second differences, modulo 256, of the planes green, red - green, blue - green.

    (3, N, H, W) uint8 -> (N, H, W, 3) uint8.
    """
    if differences.dtype != np.uint8 or differences.ndim != 4 or len(differences) != 3:
        raise DataError(
            f"{path}: coded pixels are {differences.dtype} {differences.shape}; "
            "expected uint8 (3, samples, height, width)"
        )
    planes = np.cumsum(np.cumsum(differences, axis=2, dtype=np.uint8), axis=3, dtype=np.uint8)
    green, red_minus, blue_minus = planes
    return np.stack((red_minus + green, green, blue_minus + green), axis=-1)


def _download(name: str) -> tuple[Pair, Pair]:
    from tinycl import keras

    tf: Any = keras.import_tensorflow()
    try:
        with _patience(_TIMEOUT):
            train, test = getattr(tf.keras.datasets, name).load_data()
    except Exception as error:  # Keras raises bare Exception when a URL cannot be fetched
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise DataError(
            f"cannot download {name}: {reason}; "
            f"without internet, let {ENVIRONMENT} name a folder that has {name}.npz"
        ) from error
    return (train[0], train[1].ravel()), (test[0], test[1].ravel())


@contextlib.contextmanager
def _patience(seconds: float) -> Iterator[None]:
    """Let new sockets give up after `seconds`; Keras itself would wait for ever."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
