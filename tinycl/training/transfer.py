"""How good the features of a backbone are, for classes it never saw too."""

from typing import Any

import numpy as np
import numpy.typing as npt

from tinycl.data import Dataset
from tinycl.exceptions import MissingExtraError
from tinycl.models.architecture import feature_grid

__all__ = ["feature_transfer", "pooled_features"]

_MOST = 5000


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
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError as error:
        raise MissingExtraError(
            f"scikit-learn cannot be imported ({error}): pip install 'tinycl[train]'"
        ) from error
    rng = np.random.default_rng(0)
    train = rng.permutation(len(dataset.x_train))[:_MOST]
    test = rng.permutation(len(dataset.x_test))[:_MOST]
    x, y = _features(backbone, dataset.x_train[train]), dataset.y_train[train]
    x_test, y_test = _features(backbone, dataset.x_test[test]), dataset.y_test[test]
    correct = LogisticRegression(C=0.1, max_iter=300).fit(x, y).predict(x_test) == y_test
    seen = np.isin(y_test, trained_classes)
    result = {"all_classes": float(correct.mean()), "trained_classes": float(correct[seen].mean())}
    if not seen.all():
        result["held_out_classes"] = float(correct[~seen].mean())
    return {name: round(value, 4) for name, value in result.items()}


def _features(backbone: Any, x: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    latents = backbone.predict(x.astype(np.float32), batch_size=256, verbose=0)
    features = pooled_features(latents)
    return features / max(1.0, float(np.abs(features).max()))
