"""A data set as all of tinycl uses it, and the checks of samples from outside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tinycl.exceptions import DataError

__all__ = ["SPLIT_SEED", "Dataset", "by_class", "make_dataset", "split"]

SPLIT_SEED = 20260
"""Seed of the split into training and test samples: a constant, so that two runs compare."""

_TEST_SHARE = 0.2


@dataclass(frozen=True, eq=False)
class Dataset:
    """Labelled samples, as a board receives them: uint8 pixels.

    Attributes
    ----------
    name : str
        What was asked for, such as ``"digits"``.
    x_train, x_test : uint8 array (N, H, W, C)
        Pixels 0..255. A window of a sensor signal is (N, L, 1, channels).
    y_train, y_test : int64 array (N,)
        Class of each sample, an index into `class_names`.
    class_names : tuple of str
    experience : int64 array (N,), optional
        Experience in which each training sample was taught, where the data set tells.
    """

    name: str
    x_train: NDArray[np.uint8]
    y_train: NDArray[np.int64]
    x_test: NDArray[np.uint8]
    y_test: NDArray[np.int64]
    class_names: tuple[str, ...]
    experience: NDArray[np.int64] | None = None

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of one sample."""
        height, width, channels = self.x_train.shape[1:]
        return height, width, channels

    @property
    def num_classes(self) -> int:
        """Number of classes that have a name, whether or not `only` left samples of them."""
        return len(self.class_names)

    def only(self, classes: Iterable[int]) -> Dataset:
        """Return the samples of some classes; labels and names stay what they were.

        Raises
        ------
        DataError
            If a class is not one of this data set.
        """
        wanted = sorted(set(classes))
        for index in wanted:
            if not 0 <= index < self.num_classes:
                raise DataError(
                    f"{self.name} has the classes 0 to {self.num_classes - 1}, not {index}"
                )
        train, test = np.isin(self.y_train, wanted), np.isin(self.y_test, wanted)
        return replace(
            self,
            x_train=self.x_train[train],
            y_train=self.y_train[train],
            experience=None if self.experience is None else self.experience[train],
            x_test=self.x_test[test],
            y_test=self.y_test[test],
        )

    def held_out(
        self, train: NDArray[np.int64] | slice, test: NDArray[np.int64] | slice
    ) -> Dataset:
        """Return training samples alone: some rows of them, and others in place of the test's."""
        return replace(
            self,
            x_train=self.x_train[train],
            y_train=self.y_train[train],
            experience=None if self.experience is None else self.experience[train],
            x_test=self.x_train[test],
            y_test=self.y_train[test],
        )


def make_dataset(
    name: str,
    train: tuple[NDArray, NDArray],
    test: tuple[NDArray, NDArray] | None,
    class_names: tuple[str, ...] | None = None,
) -> Dataset:
    """Check samples from outside and put them together.

    Parameters
    ----------
    train, test : pairs (x, y)
        Pixels (N, H, W) or (N, H, W, C) and labels (N,). Without `test`, a fifth of each class's
        samples is set aside for it.
    class_names : tuple of str, optional
        Without it, classes are called by their number.

    Raises
    ------
    DataError
        If an array is not what it should be, or a class has no samples.
    """
    x, y = _pixels(train[0], f"{name}: training pixels"), _labels(train[1], f"{name}: labels")
    _same_count(x, y, f"{name}: training")
    class_names = class_names or _numbers_as_names(y, name)
    _every_class(y, class_names, f"{name}: training")
    if test is None:
        kept, held = split(y, class_names, name)
        return Dataset(name, x[kept], y[kept], x[held], y[held], class_names)
    x_test = _pixels(test[0], f"{name}: test pixels")
    y_test = _labels(test[1], f"{name}: test labels")
    _same_count(x_test, y_test, f"{name}: test")
    if x.shape[1:] != x_test.shape[1:]:
        raise DataError(
            f"{name}: training samples have the shape {x.shape[1:]}, test samples "
            f"{x_test.shape[1:]}; both must be the same"
        )
    _every_class(y_test, class_names, f"{name}: test")
    return Dataset(name, x, y, x_test, y_test, class_names)


def by_class(
    parts: Sequence[NDArray[np.uint8]], train: int
) -> tuple[tuple[NDArray, NDArray], tuple[NDArray, NDArray]]:
    """Pairs (x, y) for training and test from the samples of each class, in its order.

    Parameters
    ----------
    parts
        Samples (count, ...) of class 0, 1, ..., as many of each.
    train
        How many of each class are for training; the rest is for the test.
    """
    labels = np.arange(len(parts))
    x = np.concatenate([part[:train] for part in parts])
    x_test = np.concatenate([part[train:] for part in parts])
    return (x, labels.repeat(train)), (x_test, labels.repeat(len(parts[0]) - train))


def split(
    y: NDArray[np.int64], class_names: tuple[str, ...], name: str
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return indices (training, test), the same 80 : 20 in every class, always the same.

    Raises
    ------
    DataError
        If a class has fewer than two samples.
    """
    rng = np.random.Generator(np.random.PCG64(SPLIT_SEED))
    held = []
    for index, class_name in enumerate(class_names):
        members = np.flatnonzero(y == index)
        if len(members) < 2:
            raise DataError(
                f"{name}: class {class_name!r} has one sample; two or more are needed, "
                "to have one for the test"
            )
        held.append(rng.permutation(members)[: max(1, round(len(members) * _TEST_SHARE))])
    test = np.sort(np.concatenate(held))
    return np.setdiff1d(np.arange(len(y)), test), test


def _pixels(x: NDArray, what: str) -> NDArray[np.uint8]:
    if x.ndim not in (3, 4):
        raise DataError(
            f"{what} have the shape {x.shape}; expected (samples, height, width[, channels]), "
            "with a signal as (samples, length, 1, channels)"
        )
    if 0 in x.shape:
        raise DataError(f"{what} have the shape {x.shape}, which is empty")
    if x.dtype.kind == "f":
        if not np.isfinite(x).all():
            raise DataError(f"{what} contain NaN or infinity; expected uint8, 0 to 255")
        raise DataError(
            f"{what} are {x.dtype}; expected uint8: if they lie in 0..1, save "
            "np.round(x * 255).astype(np.uint8) instead"
        )
    if x.dtype.kind not in "iu":
        raise DataError(f"{what} are {x.dtype}; expected uint8, 0 to 255")
    if x.dtype != np.uint8 and not (x.min() >= 0 and x.max() <= 255):
        raise DataError(
            f"{what} run from {x.min()} to {x.max()}; expected 0 to 255: scale them to that "
            "range and save them as uint8"
        )
    x = x.astype(np.uint8, copy=False)
    return x if x.ndim == 4 else x[..., np.newaxis]


def _labels(y: NDArray, what: str) -> NDArray[np.int64]:
    if y.ndim != 1:
        raise DataError(f"{what} have the shape {y.shape}; expected one number per sample, (N,)")
    if y.dtype.kind not in "iu":
        raise DataError(f"{what} are {y.dtype}; expected integers from 0, one per class")
    if len(y) and y.min() < 0:
        raise DataError(f"{what} contain {y.min()}; expected integers from 0, one per class")
    if len(y) and y.max() > 2**31:
        raise DataError(f"{what} contain {y.max()}; expected integers from 0, one per class")
    return y.astype(np.int64)


def _same_count(x: NDArray, y: NDArray, what: str) -> None:
    if len(x) != len(y):
        raise DataError(f"{what} set has {len(x)} samples and {len(y)} labels; expected one each")


def _numbers_as_names(y: NDArray[np.int64], name: str) -> tuple[str, ...]:
    present = np.unique(y)
    if present[-1] != len(present) - 1:
        missing = int(np.flatnonzero(present != np.arange(len(present)))[0])
        raise DataError(
            f"{name}: labels go up to {present[-1]}, but class {missing} has no samples; number "
            "the classes from 0 without gaps"
        )
    return tuple(str(index) for index in present)


def _every_class(y: NDArray[np.int64], class_names: tuple[str, ...], what: str) -> None:
    if len(y) and y.max() >= len(class_names):
        raise DataError(
            f"{what} labels go up to {y.max()}, but there are only {len(class_names)} classes"
        )
    counts = np.bincount(y, minlength=len(class_names))
    if not counts.all():
        empty = int(np.flatnonzero(counts == 0)[0])
        raise DataError(f"{what} set has no sample of class {class_names[empty]!r}")
