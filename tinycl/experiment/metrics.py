"""Figures of merit of a class-incremental run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tinycl.exceptions import DataError

__all__ = ["confusion", "forgetting"]


def forgetting(per_class_after_experience: Sequence[Mapping[Any, float]]) -> float:
    """Return how much accuracy was lost again, on average over the classes learned earlier.

    Chaudhry et al. 2018 (Riemannian Walk, 1801.10112, section 3): for class j after the last
    experience k, ``f_j = max over l < k of a[l][j]  -  a[k][j]``; the mean over all classes that
    were there before experience k. Negative when old classes got better.

    Parameters
    ----------
    per_class_after_experience : sequence of mapping
        After each experience, the test accuracy 0..1 of every class seen so far, by class.

    Returns
    -------
    float
        -1..1; 0.0 when there was but one experience.

    Raises
    ------
    DataError
        If a class that was measured once is missing after the last experience.

    Examples
    --------
    >>> forgetting([{0: 1.0}, {0: 0.75, 1: 1.0}])
    0.25
    """
    if len(per_class_after_experience) < 2:
        return 0.0
    *past, last = per_class_after_experience
    best: dict[Any, float] = {}
    for accuracies in past:
        for label, accuracy in accuracies.items():
            best[label] = max(accuracy, best.get(label, accuracy))
    missing = [label for label in best if label not in last]
    if missing:
        raise DataError(f"class {missing[0]} has no accuracy after the last experience")
    if not best:
        return 0.0
    return sum(best[label] - last[label] for label in best) / len(best)


def confusion(y_true: ArrayLike, y_pred: ArrayLike, n: int) -> NDArray[np.int64]:
    """Count the predictions for each true class.

    Parameters
    ----------
    y_true, y_pred : int arrays (N,)
        Classes 0..n-1.
    n : int
        Number of classes.

    Returns
    -------
    int64 array (n, n)
        Row: true class; column: predicted class.

    Raises
    ------
    DataError
        If the lengths differ or a class is outside 0..n-1.

    Examples
    --------
    >>> confusion([0, 0, 1], [0, 1, 1], 2).tolist()
    [[1, 1], [0, 1]]
    """
    true, predicted = np.asarray(y_true, np.int64), np.asarray(y_pred, np.int64)
    if true.shape != predicted.shape or true.ndim != 1:
        raise DataError(
            f"true classes have the shape {true.shape}, predicted ones {predicted.shape}; "
            "expected (N,) both"
        )
    for labels in (true, predicted):
        if len(labels) and not (labels.min() >= 0 and labels.max() < n):
            raise DataError(
                f"classes run from {labels.min()} to {labels.max()}; expected 0 to {n - 1}"
            )
    return np.bincount(true * n + predicted, minlength=n * n).reshape(n, n)
