"""Train a backbone on some classes of a data set."""

import random
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from rich.console import Console

from tinycl.data import Dataset
from tinycl.keras import import_tensorflow
from tinycl.models.backbone import build_backbone, build_classifier, build_teacher
from tinycl.training.augment import policy_for
from tinycl.training.batches import batches
from tinycl.training.checkpoint import Checkpoint
from tinycl.training.progress import EpochBar
from tinycl.training.settings import TEACHERS, TrainingSettings, make_settings
from tinycl.training.start import make_adaptable, zoo_backbone
from tinycl.training.teacher import answers_of, load_teacher

__all__ = ["TrainResult", "seed_everything", "train"]

tf: Any = import_tensorflow()

_MOST_VALIDATION = 1000
_LOSS = "categorical_crossentropy"
_REAL_RATE = 2e-3  # of Adam, for real numbers
_STATISTICS = 100  # batches behind a batch norm's mean and variance of averaged weights


@dataclass(frozen=True)
class TrainResult:
    """A trained backbone and how it went.

    Attributes
    ----------
    backbone
        tf.keras.Model: pixels to latents of -1 and +1, the head dropped.
    test_accuracy
        Of the dropped head, on the trained classes' test samples, among those classes.
    history
        One dict an epoch: ``loss``, ``accuracy`` (training, views told apart) and
        ``val_accuracy`` (a tenth of the training samples, kept out; upright).
    seconds
        Time of this call.
    """

    backbone: Any
    test_accuracy: float
    settings: TrainingSettings
    history: list[dict[str, float]] = field(default_factory=list)
    seconds: float = 0.0


def seed_everything(seed: int) -> None:
    """Seed python, numpy and TensorFlow, and make TensorFlow's operations deterministic."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    tf.random.set_seed(seed)
    tf.config.experimental.enable_op_determinism()


def train(
    dataset: Dataset,
    size: str = "8k",
    classes: Iterable[int] | None = None,
    epochs: int | None = None,
    seed: int = 0,
    *,
    checkpoints: Path | None = None,
    resume: bool = False,
    tensorboard: Path | None = None,
    console: Console | None = None,
    **options: Any,
) -> TrainResult:
    """Train a backbone; equal arguments give equal weights on the same machine.

    Parameters
    ----------
    dataset
        Any data set of `tinycl.data`.
    size, classes, epochs, seed
        See `TrainingSettings`; None leaves the choice to `make_settings`.
    checkpoints
        Folder for checkpoints; None keeps none. A teacher's are in its folder ``teacher``.
    resume
        Go on from the checkpoints, if there are any.
    tensorboard
        Folder for TensorBoard's logs.
    console
        Where to show progress; None is silent.
    **options
        The others of `make_settings`, by name.

    Returns
    -------
    TrainResult

    Raises
    ------
    DataError, ModelError
        As `make_settings` and `Checkpoint` say, or no backbone of this size fits the input.
    """
    started = time.monotonic()
    settings = make_settings(dataset, size, classes, epochs, seed, **options)
    teacher = settings.teacher
    keeper = Checkpoint(checkpoints, settings, resume) if checkpoints else None
    answers = None
    if teacher in TEACHERS:
        lessons = replace(
            settings,
            teacher=None,
            average=None,
            real=TEACHERS[teacher],
            learning_rate=_REAL_RATE,
            start=None,
        )
        its = Checkpoint(checkpoints / "teacher", lessons, resume) if checkpoints else None
        answers, _, _ = _fit(dataset, lessons, None, its, None, console)
    elif teacher:
        answers = load_teacher(Path(teacher), dataset, settings)
    classifier, backbone, history = _fit(dataset, settings, answers, keeper, tensorboard, console)
    samples = dataset.only(settings.classes)
    y_test = _positions(samples.y_test, settings)
    accuracy = _accuracy(classifier, samples.x_test, y_test, len(settings.classes))
    return TrainResult(backbone, accuracy, settings, history, time.monotonic() - started)


def _fit(
    dataset: Dataset,
    settings: TrainingSettings,
    teacher: Any | None,
    keeper: Checkpoint | None,
    tensorboard: Path | None,
    console: Console | None,
) -> tuple[Any, Any, list[dict[str, float]]]:
    """Train a classifier; returns it, its backbone and the history."""
    seed_everything(settings.seed)
    samples = dataset.only(settings.classes)
    x, y, x_val, y_val = _hold_out(
        samples.x_train, _positions(samples.y_train, settings), settings.seed
    )
    steps = max(1, len(x) // settings.batch)
    classifier = keeper.restore(steps) if keeper else None
    if classifier is None:
        classifier = _new_classifier(dataset, x, settings, steps)
    elif classifier.loss != _LOSS:  # a checkpoint of version 0.1, which read labels
        classifier.compile(classifier.optimizer, loss=_LOSS, metrics=["accuracy"])
    backbone = tf.keras.Model(
        classifier.input, classifier.get_layer("latents").output, name=f"backbone_{settings.size}"
    )
    history = keeper.history if keeper else []
    done = len(history)
    answers = answers_of(teacher)

    def stream(first_epoch: int) -> Iterator[Any]:
        return batches(
            x,
            y,
            policy_for(dataset.name, dataset.input_shape, settings.augmentation),
            min(settings.batch, len(x)),
            len(settings.classes),
            settings.views,
            settings.seed,
            first_epoch,
            settings.mixing,
            answers,
        )

    with EpochBar(console, settings.epochs, done) as bar:

        def epoch_done(_: int, logs: dict[str, float]) -> None:
            figures = {name: round(float(logs[name]), 5) for name in ("loss", "accuracy")}
            figures["val_accuracy"] = _accuracy(classifier, x_val, y_val, len(settings.classes))
            bar.show(figures)
            if keeper:
                keeper.epoch_done(classifier, backbone, figures)
            else:
                history.append(figures)

        callbacks = [tf.keras.callbacks.LambdaCallback(on_epoch_end=epoch_done)]
        if tensorboard:
            callbacks.append(tf.keras.callbacks.TensorBoard(str(tensorboard)))
        if done < settings.epochs:
            classifier.fit(
                stream(done),
                steps_per_epoch=steps,
                epochs=settings.epochs,
                initial_epoch=done,
                callbacks=callbacks,
                verbose=0,
            )
    if keeper:
        keeper.save(classifier, backbone)
        history = keeper.history
    if settings.average:
        _take_averages(classifier, stream(settings.epochs), steps)
    if keeper:
        keeper.finish(classifier)
    return classifier, backbone, history


def _take_averages(classifier: Any, stream: Iterator[Any], steps: int) -> None:
    """Replace weights by their averages, and find the batch norms' statistics for them."""
    classifier.optimizer.finalize_variable_values(classifier.trainable_variables)
    for pixels, _ in islice(stream, min(steps, _STATISTICS)):
        classifier(pixels, training=True)


def _new_classifier(
    dataset: Dataset, x: npt.NDArray[np.uint8], settings: TrainingSettings, steps: int
) -> Any:
    outputs = len(settings.classes) * settings.views
    shape, seed, rate = dataset.input_shape, settings.seed, settings.learning_rate
    if settings.real:
        classifier = build_teacher(shape, settings.size, outputs, settings.real, seed)
    elif settings.start:
        backbone = zoo_backbone(settings.start)
        make_adaptable(backbone, settings.adapt, x)
        classifier = build_classifier(backbone, outputs, seed)
    else:
        classifier = build_classifier(build_backbone(shape, settings.size, seed), outputs, seed)
    schedule = tf.keras.optimizers.schedules.CosineDecay(rate, settings.epochs * steps, alpha=0.01)
    optimizer = tf.keras.optimizers.Adam(
        schedule if settings.schedule == "cosine" else rate,
        use_ema=settings.average is not None,
        ema_momentum=settings.average or 0.99,
    )
    classifier.compile(optimizer, loss=_LOSS, metrics=["accuracy"])
    return classifier


def _positions(labels: npt.NDArray[np.int64], settings: TrainingSettings) -> npt.NDArray[np.int64]:
    """Labels of the trained classes as 0, 1, 2, ..."""
    return np.searchsorted(settings.classes, labels).astype(np.int64)


def _hold_out(
    x: npt.NDArray[np.uint8], y: npt.NDArray[np.int64], seed: int
) -> tuple[npt.NDArray, npt.NDArray, npt.NDArray, npt.NDArray]:
    """Keep a tenth of the samples out of training, to watch it by."""
    order = np.random.default_rng([seed, 10**6]).permutation(len(x))
    count = max(1, min(len(x) // 10, _MOST_VALIDATION))
    out, kept = order[:count], order[count:]
    return x[kept], y[kept], x[out], y[out]


def _accuracy(
    classifier: Any, x: npt.NDArray[np.uint8], y: npt.NDArray[np.int64], num_classes: int
) -> float:
    """Share of samples whose class wins among the upright view's outputs."""
    outputs = classifier.predict(x.astype(np.float32), batch_size=256, verbose=0)
    return round(float((outputs[:, :num_classes].argmax(axis=1) == y).mean()), 5)
