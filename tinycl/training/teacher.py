"""A network of real numbers that answers batches, for a binary network to learn from."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tinycl.data import Dataset
from tinycl.exceptions import ModelError
from tinycl.keras import import_tensorflow
from tinycl.models.files import load_model
from tinycl.training.settings import TrainingSettings

__all__ = ["answers_of", "load_teacher"]

Floats = npt.NDArray[np.float32]

tf: Any = import_tensorflow()


def answers_of(teacher: Any | None) -> Callable[[Floats], Floats] | None:
    """A teacher as a function: pixels (N, H, W, C) to class probabilities (N, classes)."""
    if teacher is None:
        return None
    graph = tf.function(lambda pixels: teacher(pixels, training=False))

    def answers(pixels: Floats) -> Floats:
        return np.asarray(graph(tf.constant(pixels)))

    return answers


def load_teacher(path: Path, dataset: Dataset, settings: TrainingSettings) -> Any:
    """Read a classifier.

    Raises
    ------
    ModelError
        It cannot be read, or maps other pixels to other classes than the training does.
    """
    teacher = load_model(path)
    wanted = (dataset.input_shape, (len(settings.classes) * settings.views,))
    found = (teacher.input_shape[1:], teacher.output_shape[1:])
    if found != wanted:
        raise ModelError(
            f"{path} maps {found[0]} to {found[1]}: as a teacher it has to map {wanted[0]} to "
            f"{wanted[1]}"
        )
    return teacher
