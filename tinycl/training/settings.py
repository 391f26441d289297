"""What decides a training run: two runs with equal settings give equal weights."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np

from tinycl.data import Dataset
from tinycl.exceptions import DataError, ModelError
from tinycl.models.designs import architecture_for, check_size
from tinycl.training.augment import AUGMENTATIONS
from tinycl.training.mixing import MIXES
from tinycl.zoo import card

__all__ = ["SCHEDULES", "TEACHERS", "TrainingSettings", "make_settings"]

SCHEDULES = ("cosine", "constant")
TEACHERS = {"same": 1.0, "wide": 1.5}
"""Channels of a teacher that is trained first, in parts of the backbone's."""

_MOST_EPOCHS = 100_000  # far beyond any use, and still a sum of steps that fits
_STEPS = 900  # enough for the small sets; a natural-image set wants more epochs
_FEW_CLASSES = 10  # below, features want the views as classes besides


@dataclass(frozen=True)
class TrainingSettings:
    """Settings of one run; `make_settings` fills in what suits the data.

    Attributes
    ----------
    data
        Name of the data set.
    size
        Flash budget, one of `tinycl.models.architecture.SIZES`, or one of
        `tinycl.models.designs.DESIGNS`.
    classes
        Classes to train on, ascending.
    epochs, batch
        Passes over the samples, samples a step.
    learning_rate
        Of Adam at the start; along a cosine it falls to a hundredth.
    views
        Quarter turns told apart as classes of their own: 4, signals 2 (reversed), 1 = none. By
        default only with fewer than ten classes, which alone would make features too special.
    seed
        Seed of weights, order and augmentation.
    augmentation
        One of `tinycl.training.augment.AUGMENTATIONS`: ``full``, or ``light`` for networks that
        a long training still leaves short of their training samples.
    teacher
        One of `TEACHERS`: a network of the same layers in real numbers, trained first for as
        many epochs; the file of a classifier; or None.
    mixing
        One of `tinycl.training.mixing.MIXES`, or None.
    average
        Weights are averaged over steps, each older step counting this much less; or None.
    schedule
        One of `SCHEDULES`, of the learning rate.
    real
        Real numbers in place of bits, with this many channels in parts of the backbone's: a
        teacher.
    start
        The backbone of the zoo, of this size, that the training starts from; or None.
    adapt
        How many of its last binary layers learn.
    """

    data: str
    size: str
    classes: tuple[int, ...]
    epochs: int
    batch: int
    learning_rate: float
    views: int
    seed: int
    augmentation: str = "full"
    teacher: str | None = None
    mixing: str | None = None
    average: float | None = None
    schedule: str = "cosine"
    real: float | None = None
    start: str | None = None
    adapt: int = 1

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**asdict(self), "classes": list(self.classes)}


def make_settings(
    dataset: Dataset,
    size: str = "8k",
    classes: Iterable[int] | None = None,
    epochs: int | None = None,
    seed: int = 0,
    batch: int | None = None,
    learning_rate: float | None = None,
    views: int | None = None,
    augmentation: str = "full",
    teacher: str | None = None,
    mixing: str | None = None,
    average: float | None = None,
    schedule: str = "cosine",
    real: float | None = None,
    start: str | None = None,
    adapt: int = 1,
) -> TrainingSettings:
    """Check the settings and complete them from the data set.

    With ``start``, that is the size.

    Raises
    ------
    DataError
        A class that the data set does not have, fewer than two classes, or samples of another
        shape than ``start`` takes.
    ModelError
        A number out of range, an unknown size, or no such backbone in the zoo.
    """
    if start:
        _check_start(dataset, start, adapt)
    size = start or size
    check_size(size)
    wanted = sorted(set(range(dataset.num_classes) if classes is None else classes))
    count = len(dataset.only(wanted).y_train)
    missing = sorted(set(wanted) - set(np.unique(dataset.y_train).tolist()))
    if missing:
        raise DataError(f"{dataset.name} has no training samples of class {missing[0]}")
    if len(wanted) < 2:
        raise DataError(f"training needs two classes or more, got {wanted}")
    height, width, _ = dataset.input_shape
    most_views = 2 if width == 1 else 4 if height == width else 1
    batch = _batch(count) if batch is None else batch
    if not 2 <= batch <= count:
        raise ModelError(f"batch must be 2 to {count}, the number of samples; got {batch}")
    epochs = min(60, max(2, ceil(_STEPS / (count // batch)))) if epochs is None else epochs
    if not 1 <= epochs <= _MOST_EPOCHS:
        raise ModelError(f"expected 1 to {_MOST_EPOCHS:,} epochs, got {epochs:,}")
    learning_rate = (1e-2 if count < 5000 else 5e-3) if learning_rate is None else learning_rate
    if not 0 < learning_rate < 1:
        raise ModelError(f"learning rate must lie between 0 and 1, got {learning_rate}")
    views = (most_views if len(wanted) < _FEW_CLASSES else 1) if views is None else views
    if views not in {1, most_views}:
        raise ModelError(f"views must be 1 or {most_views} for {height}x{width}, got {views}")
    if augmentation not in AUGMENTATIONS:
        known = ", ".join(AUGMENTATIONS)
        raise ModelError(f"augmentation must be one of {known}, got {augmentation!r}")
    if mixing not in (None, *MIXES):
        raise ModelError(f"mixing must be one of {', '.join(MIXES)}, got {mixing!r}")
    if schedule not in SCHEDULES:
        raise ModelError(f"schedule must be one of {', '.join(SCHEDULES)}, got {schedule!r}")
    if average is not None and not 0 < average < 1:
        raise ModelError(f"average must lie between 0 and 1, such as 0.99; got {average}")
    if real is not None and not 0 < real <= 4:
        raise ModelError(f"a network of real numbers has 0 to 4 times the channels, got {real}")
    if teacher not in (None, *TEACHERS) and not Path(str(teacher)).is_file():
        known = ", ".join(TEACHERS)
        raise ModelError(f"teacher must be one of {known}, or a classifier's file; got {teacher}")
    if not 0 <= seed < 2**31:
        raise ModelError(f"seed must lie in 0..2^31-1, got {seed}")
    return TrainingSettings(
        dataset.name,
        size,
        tuple(wanted),
        epochs,
        batch,
        float(learning_rate),
        views,
        seed,
        augmentation,
        teacher,
        mixing,
        average,
        schedule,
        real,
        start,
        adapt,
    )


def _check_start(dataset: Dataset, name: str, layers: int) -> None:
    """Refuse a start that the zoo does not have, or that takes other samples."""
    wanted = card(name).input_shape
    architecture = architecture_for(wanted, name)
    if dataset.input_shape != wanted:
        raise DataError(
            f"{name} takes samples of {wanted}, {dataset.name} has {dataset.input_shape}"
        )
    most = len(architecture.widths) - 1
    if not 1 <= layers <= most:
        raise ModelError(f"{name} has {most} binary layers to adapt, got {layers}")


def _batch(count: int) -> int:
    """Ten steps an epoch where batches of 8 allow it: a small set would learn too little."""
    return min(count, 128 if count >= 5000 else max(8, min(64, count // 10)))
