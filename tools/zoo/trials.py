"""What raises the accuracy of colour-s: ways of training side by side, on short schedules.

    python -m tools.zoo.trials                            all of them: half an hour on two cores
    python -m tools.zoo.trials plain teacher --epochs 12 --samples 25000 --json trials.json

CIFAR-100, the plan of colour-s, light augmentation, equal epochs, one seed, float heads.

`plain` is what `tinycl train` does. `two-stage`: binary activations and real weights first, binary
weights from the middle on, each stage with a schedule of its own. `teacher`: half of the loss are
the soft answers of a real-valued network of the same plan, trained as long (arXiv:1503.02531;
temperature 4). `smoothing`: of labels, 0.1. `shortcut`: what enters a layer that keeps the shape
is added to what leaves it, in real numbers; a chain of packed bits cannot. The shift of ReActNet
(arXiv:2003.03488) before a sign is no trial: the batch norm has it, and the shifts that it puts
behind a layer are monotone, so that without shortcuts the next sign sees nothing of them.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from tinycl.data import Dataset, load
from tinycl.exceptions import TinyclError
from tinycl.keras import import_larq, import_tensorflow
from tinycl.models.backbone import build_classifier
from tinycl.models.designs import plan_for
from tinycl.models.quantizers import Int8Kernel
from tinycl.training.augment import policy_for
from tinycl.training.batches import batches
from tinycl.training.trainer import seed_everything

tf: Any = import_tensorflow()
lq: Any = import_larq()

TRIALS = ("plain", "two-stage", "teacher", "smoothing", "shortcut")
_BATCH = 128
_RATE = 0.005
_TEMPERATURE = 4.0
_SHOWN = ("trial", "test_accuracy")  # columns; other figures share one


def main(words: list[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("trials", nargs="*", metavar="TRIAL", help=", ".join(TRIALS))
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--samples", type=int, default=25000, help="training samples")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows as a list")
    options = parser.parse_args(words)
    unknown = sorted(set(options.trials) - set(TRIALS))
    if unknown or options.epochs < 2 or not _BATCH <= options.samples <= 50000:
        parser.error(
            f"expected trials of {', '.join(TRIALS)}, 2 epochs or more, {_BATCH} to 50000 samples"
        )
    try:
        every = load("cifar100")
    except TinyclError as error:
        print(f"zoo.trials: {error}", file=sys.stderr)
        return 1
    some = np.random.default_rng(options.seed).permutation(len(every.x_train))[: options.samples]
    dataset = replace(every, x_train=every.x_train[some], y_train=every.y_train[some])
    rows = []
    for name in options.trials or TRIALS:
        started = time.monotonic()
        accuracy, more = trial(name, dataset, options.epochs, options.seed)
        rows.append({"trial": name, "test_accuracy": accuracy, **more})
        print(f"{name}: {accuracy:.1%}, {time.monotonic() - started:.0f} s", flush=True)
    show(rows, f"{options.epochs} epochs, {len(dataset.x_train):,} samples, seed {options.seed}")
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n")
    return 0


def trial(name: str, dataset: Dataset, epochs: int, seed: int) -> tuple[float, dict[str, Any]]:
    """Train in one of the ways; return test accuracy, and what else is to be said."""
    seed_everything(seed)
    more: dict[str, Any] = {}
    if name == "two-stage":
        half = epochs // 2
        first = network(seed, binary_weights=False)
        more["accuracy_real_weights"] = fit(first, dataset, half, seed)
        student = network(seed)
        student.set_weights(first.get_weights())
        return fit(student, dataset, epochs - half, seed, first_epoch=half), more
    if name == "teacher":
        teacher = network(seed, binary_weights=False, binary_activations=False)
        more["teacher_accuracy"] = fit(teacher, dataset, epochs, seed)
        return fit(network(seed), dataset, epochs, seed, teacher=teacher), more
    student = network(seed, shortcut=name == "shortcut")
    return fit(student, dataset, epochs, seed, smoothing=0.1 * (name == "smoothing")), more


def network(
    seed: int,
    binary_weights: bool = True,
    binary_activations: bool = True,
    shortcut: bool = False,
) -> Any:
    """A classifier of the plan of colour-s: pixels to logits."""
    plan = plan_for((32, 32, 3), "colour-s")
    inputs = tf.keras.Input((32, 32, 3))
    x = tf.keras.layers.Rescaling(1.0, -128.0)(inputs)
    for index, (conv, filters) in enumerate(zip(plan.convs, plan.widths, strict=True)):
        before = x
        options: dict[str, Any] = {
            "use_bias": False,
            "padding": conv.padding,
            "strides": conv.strides,
            "kernel_initializer": tf.keras.initializers.GlorotNormal(seed=seed * 1009 + index),
        }
        if index == 0:
            options |= {"kernel_quantizer": Int8Kernel(), "kernel_constraint": "weight_clip"}
        else:
            if binary_weights:
                options |= {"kernel_quantizer": "ste_sign", "kernel_constraint": "weight_clip"}
            if binary_activations:
                options |= {"input_quantizer": "ste_sign"}
                options |= {"pad_values": 1.0} if conv.padding == "same" else {}
            else:
                x = tf.keras.layers.ReLU()(x)
        x = lq.layers.QuantConv2D(filters, conv.kernel, **options)(x)
        x = tf.keras.layers.BatchNormalization(scale=False, momentum=0.95)(x)
        if shortcut and index and x.shape == before.shape:
            x = tf.keras.layers.Add()([x, before])
        if conv.pool != (1, 1):
            x = tf.keras.layers.MaxPool2D(conv.pool, conv.pool_strides or conv.pool)(x)
    latents = lq.quantizers.SteSign()(x) if binary_activations else tf.keras.layers.ReLU()(x)
    whole = build_classifier(tf.keras.Model(inputs, latents), 100, seed)
    return tf.keras.Model(inputs, whole.get_layer("head").output)


def fit(
    model: Any,
    dataset: Dataset,
    epochs: int,
    seed: int,
    *,
    teacher: Any = None,
    smoothing: float = 0.0,
    first_epoch: int = 0,
) -> float:
    """Train to the end of a cosine; return the test accuracy."""
    steps = len(dataset.x_train) // _BATCH
    schedule = tf.keras.optimizers.schedules.CosineDecay(_RATE, epochs * steps, alpha=0.01)
    optimizer = tf.keras.optimizers.Adam(schedule)

    @tf.function
    def step(x: Any, y: Any) -> None:
        labels = tf.one_hot(y, 100) * (1 - smoothing) + smoothing / 100
        with tf.GradientTape() as tape:
            logits = model(x, training=True)
            loss = tf.nn.softmax_cross_entropy_with_logits(labels, logits)
            if teacher is not None:
                soft = tf.nn.softmax(teacher(x, training=False) / _TEMPERATURE)
                match = tf.nn.softmax_cross_entropy_with_logits(soft, logits / _TEMPERATURE)
                loss = 0.5 * loss + 0.5 * _TEMPERATURE**2 * match
            loss = tf.reduce_mean(loss)
        variables = model.trainable_variables
        # Also applies the constraints of the kernels.
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))

    policy = policy_for(dataset.name, dataset.input_shape, "light")
    stream = batches(
        dataset.x_train, dataset.y_train, policy, _BATCH, 100, 1, seed, first_epoch=first_epoch
    )
    for _ in range(epochs * steps):
        step(*next(stream))
    found = model.predict(dataset.x_test.astype(np.float32), batch_size=256, verbose=0)
    return round(float((found.argmax(axis=1) == dataset.y_test).mean()), 4)


def show(rows: list[dict[str, Any]], about: str) -> None:
    """Print one table."""
    table = Table("trial", title=f"colour-s on CIFAR-100: {about}", title_justify="left")
    table.add_column("test accuracy", justify="right")
    table.add_column("and", justify="left")
    for row in rows:
        rest = [f"{key.replace('_', ' ')} {row[key]:.1%}" for key in row if key not in _SHOWN]
        table.add_row(row["trial"], f"{row['test_accuracy']:.1%}", ", ".join(rest))
    Console(width=100).print(table)


if __name__ == "__main__":
    sys.exit(main())
