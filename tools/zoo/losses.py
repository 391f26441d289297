"""Losses that might make features better for classes that the training never saw.

    TF_ENABLE_ONEDNN_OPTS=1 TF_SET_ONEDNN_FPMATH_MODE=BF16 python -m tools.zoo.losses --json FILE

Short trainings on 80 classes of CIFAR-100's training set, with and without a teacher, differ in
the loss alone. Each is measured on other samples of these classes, and on the 20 classes that it
never saw: a linear discriminant and the nearest class mean learn 20 samples of each, 5 draws. The
test set is never read. Losses beside cross-entropy, in the words of their papers:

margin      multi-margin on the logits, in place of cross-entropy
orthogonal  orthogonal projection (Ranasinghe et al., 2103.14021), added to it
contrastive supervised contrastive (Khosla et al., 2004.11362), half of it added
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.neighbors import NearestCentroid

from tinycl.data import Dataset, load
from tinycl.keras import import_tensorflow
from tinycl.models.backbone import build_backbone, build_classifier, build_teacher
from tinycl.training.augment import policy_for
from tinycl.training.batches import batches
from tinycl.training.teacher import answers_of
from tinycl.training.trainer import seed_everything
from tools.command import command_line, tool, write_json

tf: Any = import_tensorflow()

_SIZE, _BATCH, _SEED = "colour-s2", 128, 0
_SEEN, _MEASURED = 80, 4000
_SHOTS, _DRAWS = 20, 5
_TEMPERATURE = 0.1

Loss = Callable[[Any, Any, Any], Any]


@tool("zoo.losses")
def main(words: list[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = command_line(__doc__)
    parser.add_argument("--samples", type=int, default=10_000)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(words)
    seen, new = split(load("cifar100"), options.samples)
    shape = seen.input_shape
    teacher = build_teacher(shape, _SIZE, _SEEN, 1.0, _SEED)
    fit(teacher, seen, options.epochs, cross_entropy, 2e-3, None)
    rows = []
    for lessons in (None, teacher):
        for name, loss in LOSSES.items():
            student = build_classifier(build_backbone(shape, _SIZE, _SEED), _SEEN, _SEED)
            fit(student, seen, options.epochs, loss, 5e-3, lessons)
            row = {"loss": name, "teacher": lessons is not None, **measure(student, seen, new)}
            print("  ".join(f"{key} {value}" for key, value in row.items()), flush=True)
            rows.append(row)
            write_json(options.json, rows)
    return 0


def split(whole: Dataset, samples: int) -> tuple[Dataset, Dataset]:
    """Samples of 80 classes, to train and to measure; and all training samples of 20 others."""
    order = np.random.default_rng(5).permutation(whole.num_classes)
    seen = whole.only(sorted(order[:_SEEN].tolist()))
    new = whole.only(sorted(order[_SEEN:].tolist()))
    first, last = slice(samples), slice(-_MEASURED, None)
    return seen.held_out(first, last), new


def cross_entropy(target: Any, output: Any, features: Any) -> Any:
    """The loss that trains backbones."""
    return tf.reduce_mean(tf.keras.losses.categorical_crossentropy(target, output))


def margin(target: Any, output: Any, features: Any) -> Any:
    """How far other logits are from lying 1 below that of the class: up to a constant, logits are
    the logarithms of the outputs.
    """
    logits = tf.math.log(output + 1e-7)
    short = tf.nn.relu(1.0 - (logits[:, :, None] - logits[:, None, :]))
    others = 1 - tf.eye(tf.shape(logits)[1])
    return tf.reduce_mean(tf.einsum("bi,bij->bj", target, short * others))


def orthogonal(target: Any, output: Any, features: Any) -> Any:
    """Features of a class are parallel, those of different classes at right angles."""
    same, other, cosine = _pairs(target, features)
    near = tf.reduce_sum(cosine * same) / (tf.reduce_sum(same) + 1e-6)
    far = tf.reduce_sum(tf.abs(cosine) * other) / tf.reduce_sum(other)
    return cross_entropy(target, output, features) + 1 - near + 0.5 * far


def contrastive(target: Any, output: Any, features: Any) -> Any:
    """Each sample finds those of its class among all of the batch."""
    same, other, cosine = _pairs(target, features)
    scaled = cosine / _TEMPERATURE
    among = tf.reduce_sum(tf.exp(scaled) * (same + other), axis=1, keepdims=True)
    partners = tf.reduce_sum(same, axis=1)
    each = tf.reduce_sum(same * (tf.math.log(among) - scaled), axis=1) / tf.maximum(partners, 1)
    have = tf.cast(partners > 0, tf.float32)
    mean = tf.reduce_sum(each * have) / tf.maximum(tf.reduce_sum(have), 1)
    return cross_entropy(target, output, features) + 0.5 * mean


LOSSES: dict[str, Loss] = {
    "cross-entropy": cross_entropy,
    "margin": margin,
    "orthogonal": orthogonal,
    "contrastive": contrastive,
}


def _pairs(target: Any, features: Any) -> tuple[Any, Any, Any]:
    """Which other samples of a batch have the same class, which another; cosines of features."""
    label = tf.argmax(target, axis=1)
    itself = tf.eye(tf.shape(label)[0])
    same = tf.cast(label[:, None] == label[None], tf.float32) - itself
    unit = tf.math.l2_normalize(features, axis=1)
    return same, 1 - same - itself, tf.matmul(unit, unit, transpose_b=True)


def fit(
    classifier: Any, data: Dataset, epochs: int, loss: Loss, rate: float, teacher: Any | None
) -> None:
    """Train a classifier as `tinycl.training` does, by another loss."""
    seed_everything(_SEED)
    steps = len(data.x_train) // _BATCH
    schedule = tf.keras.optimizers.schedules.CosineDecay(rate, epochs * steps, alpha=0.01)
    optimizer = tf.keras.optimizers.Adam(schedule)
    both = tf.keras.Model(
        classifier.input, [classifier.output, classifier.get_layer("flatten").output]
    )

    @tf.function
    def step(pixels: Any, target: Any) -> None:
        with tf.GradientTape() as tape:
            value = loss(target, *both(pixels, training=True))
        gradients = tape.gradient(value, both.trainable_variables)
        optimizer.apply_gradients(zip(gradients, both.trainable_variables, strict=True))

    stream = batches(
        data.x_train,
        _positions(data.y_train),
        policy_for(data.name, data.input_shape, "light"),
        _BATCH,
        _SEEN,
        1,
        _SEED,
        teacher=answers_of(teacher),
    )
    for _ in range(epochs * steps):
        step(*(tf.constant(part) for part in next(stream)))


def measure(classifier: Any, seen: Dataset, new: Dataset) -> dict[str, float]:
    """Accuracy on samples of the trained classes, and of two learners on classes never seen."""
    found = classifier.predict(seen.x_test.astype(np.float32), batch_size=256, verbose=0)
    features = tf.keras.Model(classifier.input, classifier.get_layer("flatten").output)
    x = features.predict(new.x_train.astype(np.float32), batch_size=256, verbose=0)
    y = _positions(new.y_train)
    learners = {
        "discriminant": LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto"),
        "mean": NearestCentroid(),
    }
    scores: dict[str, list[float]] = {name: [] for name in learners}
    for draw in range(_DRAWS):
        rng = np.random.default_rng(draw)
        order = rng.permutation(len(y))
        taught = np.concatenate([order[y[order] == j][:_SHOTS] for j in np.unique(y)])
        rest = np.setdiff1d(order, taught)
        for name, learner in learners.items():
            right = learner.fit(x[taught], y[taught]).predict(x[rest]) == y[rest]
            scores[name].append(float(right.mean()))
    right = found.argmax(axis=1) == _positions(seen.y_test)
    return {
        "seen": round(float(right.mean()), 4),
        **{name: round(float(np.mean(each)), 4) for name, each in scores.items()},
    }


def _positions(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Labels as 0, 1, 2, ..."""
    return np.unique(labels, return_inverse=True)[1].astype(np.int64)


if __name__ == "__main__":
    sys.exit(main())
