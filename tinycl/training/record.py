"""What a training run leaves behind in ``training.json``."""

import importlib.metadata
from typing import Any

from tinycl.data import Dataset
from tinycl.models.architecture import feature_grid
from tinycl.models.summary import as_dict
from tinycl.training.trainer import TrainResult
from tinycl.training.transfer import compare_features, feature_transfer

__all__ = ["make_record"]

_PACKAGES = ("tensorflow", "larq", "numpy")


def make_record(result: TrainResult, dataset: Dataset) -> dict[str, Any]:
    """Settings, accuracy, features beside others, layers and versions as plain values.

    Raises
    ------
    MissingExtraError
        scikit-learn is not installed.
    """
    latent_shape = tuple(int(n) for n in result.backbone.output_shape[1:])
    grid = feature_grid(latent_shape)
    return {
        "settings": result.settings.as_dict(),
        "input_shape": list(dataset.input_shape),
        "latent_shape": list(latent_shape),
        "feature_grid": list(grid),
        "features": grid[0] * grid[1] * latent_shape[2],
        "test_accuracy": result.test_accuracy,
        "feature_transfer": feature_transfer(result.backbone, dataset, result.settings.classes),
        "other_features": compare_features(dataset),
        "seconds": round(result.seconds, 1),
        "history": result.history,
        "summary": as_dict(result.backbone),
        "versions": {name: importlib.metadata.version(name) for name in _PACKAGES},
    }
