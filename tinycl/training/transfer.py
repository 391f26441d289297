"""How good the features of a backbone are, for classes it never saw too, and beside others."""

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
from tinycl_rt.kernels.numpy.core import batch_sum_pool
from tinycl_rt.model.loader import Model

from tinycl import inference
from tinycl.data import Dataset
from tinycl.exceptions import MissingExtraError
from tinycl.keras import import_tensorflow
from tinycl.models.architecture import feature_grid
from tinycl.zoo import card, model, names

__all__ = ["PIXELS", "compare_features", "feature_transfer", "pooled_features"]

PIXELS = "raw pixels"

_MOST = 5000
_FEW = 200  # samples a class, up to which features may be no better than pixels

Numbers = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]


def pooled_features(
    latents: npt.NDArray[np.float32], grid: tuple[int, int] | None = None
) -> npt.NDArray[np.float32]:
    """Sum latents over the cells of a grid, as the board's head does.

    Parameters
    ----------
    latents
        (N, h, w, c) of -1 and +1.
    grid
        Cells down and across; `feature_grid` decides without it. Cell i of n begins at
        ``i * side // n``.

    Returns
    -------
    numpy.ndarray
        float32 (N, rows * columns * c), integers, channels last.
    """
    count, height, width, channels = latents.shape
    rows, columns = grid or feature_grid((height, width, channels))
    tops = [height * i // rows for i in range(rows)]
    lefts = [width * i // columns for i in range(columns)]
    cells = np.add.reduceat(np.add.reduceat(latents, tops, axis=1), lefts, axis=2)
    return cells.reshape(count, -1).astype(np.float32)


def feature_transfer(
    backbone: Any, dataset: Dataset, trained_classes: tuple[int, ...]
) -> dict[str, float]:
    """Accuracy of a linear classifier, fitted on pooled latents of every class.

    It says what a head on the board can reach at best: logistic regression on the training
    samples (5,000 at most) of all classes, measured on test samples.

    Returns
    -------
    dict
        ``all_classes``, ``trained_classes`` and ``held_out_classes``: accuracy over the test
        samples of those classes, among all classes (held out: only if there are any).

    Raises
    ------
    MissingExtraError
        scikit-learn is not installed.
    """
    train, test = _subset(dataset)
    features = [_features(backbone, x) for x in (dataset.x_train[train], dataset.x_test[test])]
    correct = _correct(dataset, *features)
    seen = np.isin(dataset.y_test[test], trained_classes)
    result = {"all_classes": float(correct.mean()), "trained_classes": float(correct[seen].mean())}
    if not seen.all():
        result["held_out_classes"] = float(correct[~seen].mean())
    return {name: round(value, 4) for name, value in result.items()}


def compare_features(dataset: Dataset) -> dict[str, float]:
    """Accuracy of the same linear classifier on other features of a small set.

    Training a backbone on few samples takes minutes and can end in features that are no better
    than pixels.

    Returns
    -------
    dict
        By name: ``PIXELS``, and each backbone of the zoo that takes such images, resized, or
        exactly such signals. Empty above 200 training samples a class.

    Raises
    ------
    MissingExtraError
        scikit-learn is not installed.
    """
    if len(dataset.x_train) > _FEW * dataset.num_classes:
        return {}
    train, test = _subset(dataset)
    pixels = (dataset.x_train[train], dataset.x_test[test])
    found = {PIXELS: [x.reshape(len(x), -1) / np.float32(255) for x in pixels]}
    for name in names():
        if _takes(card(name).input_shape, dataset.input_shape):
            found[name] = [_zoo_features(Model(model(name)), x) for x in pixels]
    return {
        name: round(float(_correct(dataset, *features).mean()), 4)
        for name, features in found.items()
    }


def _subset(dataset: Dataset) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Training and test samples to measure on."""
    rng = np.random.default_rng(0)
    train = rng.permutation(len(dataset.x_train))[:_MOST]
    return train, rng.permutation(len(dataset.x_test))[:_MOST]


def _correct(dataset: Dataset, x: Numbers, x_test: Numbers) -> npt.NDArray[np.bool_]:
    """Which test samples of `_subset` logistic regression gets right."""
    try:
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.linear_model import LogisticRegression
    except ImportError as error:
        raise MissingExtraError(
            f"scikit-learn cannot be imported ({error}): pip install 'tinycl[train]'"
        ) from error
    train, test = _subset(dataset)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # 300 iterations are enough to compare
        classifier = LogisticRegression(C=0.1, max_iter=300).fit(x, dataset.y_train[train])
    return classifier.predict(x_test) == dataset.y_test[test]


def _takes(wanted: tuple[int, int, int], shape: tuple[int, int, int]) -> bool:
    """Whether a backbone takes samples of a shape, resized if they are images."""
    if 1 in (*wanted[:2], *shape[:2]) or wanted[0] != wanted[1]:  # no images, but signals
        return wanted == shape
    return wanted[2] == shape[2]


def _zoo_features(backbone: Model, x: Pixels) -> Numbers:
    height, width, _ = backbone.input_shape
    if x.shape[1:3] != (height, width):
        resized = import_tensorflow().image.resize(x, (height, width), antialias=True)
        x = np.rint(resized.numpy()).astype(np.uint8)
    features = batch_sum_pool(backbone.operators[-1].p, inference.latents(backbone, x))
    return features.astype(np.float32) / backbone.feature_range


def _features(backbone: Any, x: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    latents = backbone.predict(x.astype(np.float32), batch_size=256, verbose=0)
    features = pooled_features(latents)
    return features / max(1.0, float(np.abs(features).max()))
