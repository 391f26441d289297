"""Compare grey backbones with raw pixels, on sets that they were not trained on.

    python -m tools.zoo.pixels grey grey2
    python -m tools.zoo.pixels runs/zoo/grey2/model.tcm --seeds 5 --json pixels.json

A learner with the default head gets 5, 20 and 200 samples a class through each backbone; logistic
regression gets the same samples as pixels (scikit-learn, standardised; of C = 0.01, 0.1 and 1 the
best on the test, an upper bound). The sets: CIFAR-10 in grey, MNIST, printed letters, and
20 drawn symbols that no training had. MNIST was in the training of both backbones.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tinycl_rt.config import Config
from tinycl_rt.kernels.numpy import core as kernels
from tinycl_rt.learner import Learner
from tinycl_rt.model.loader import Model

from tinycl.cli.models import read_model
from tinycl.data import load
from tinycl.data.dataset import Dataset, by_class, make_dataset
from tinycl.data.symbols import CLASSES, draw
from tinycl.data.things import to_grey
from tinycl.experiment.evaluate import predict_latents
from tinycl.inference import latents
from tools.command import command_line, tool, write_json

__all__ = ["compare", "main"]

_LIMITS = (5, 20, 200)
_TESTED = 2000


@tool("zoo.pixels")
def main(words: list[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = command_line(__doc__)
    parser.add_argument("models", nargs="+", help="backbones of the zoo, or .tcm files")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(words)
    models = {name: Model(read_model(Path(name), [])) for name in options.models}
    rows = []
    print("| set | samples a class | pixels |" + "".join(f" {name} |" for name in models))
    print("|---|---|---|" + "---|" * len(models))
    for dataset in _sets():
        for row in compare(dataset, models, options.seeds, _LIMITS, pixels=True):
            rows.append(row)
            cells = [f"{row[name]:.1%}" for name in ("pixels", *models)]
            print(f"| {row['set']} | {row['samples']} | {' | '.join(cells)} |", flush=True)
    write_json(options.json, rows)
    return 0


def _sets() -> Iterator[Dataset]:
    colour = load("cifar10")
    pairs = [
        (to_grey(x), y)
        for x, y in ((colour.x_train, colour.y_train), (colour.x_test, colour.y_test))
    ]
    yield make_dataset("CIFAR-10 in grey", pairs[0], pairs[1])
    yield load("mnist")
    yield load("letters")
    symbols = by_class([draw(CLASSES + i, 260) for i in range(20)], 200)
    yield make_dataset("symbols never seen", *symbols)


def compare(
    dataset: Dataset,
    models: dict[str, Model],
    seeds: int,
    limits: tuple[int, ...],
    pixels: bool = False,
) -> Iterator[dict[str, Any]]:
    """Accuracy on a data set by samples a class, through each backbone and of raw pixels."""
    rng = np.random.default_rng(1)
    test = rng.permutation(len(dataset.x_test))[:_TESTED]
    x_test, y_test = dataset.x_test[test], dataset.y_test[test]
    orders = [
        np.stack(
            [
                rng.permutation(np.flatnonzero(dataset.y_train == label))[: max(limits)]
                for label in range(dataset.num_classes)
            ]
        )
        for _ in range(seeds)
    ]
    used, places = np.unique(np.stack(orders), return_inverse=True)
    places = places.reshape(seeds, dataset.num_classes, -1)
    x, y = dataset.x_train[used], dataset.y_train[used]
    bits = {name: (latents(m, x), latents(m, x_test)) for name, m in models.items()}
    for limit in limits:
        chosen = [order[:, :limit].T.ravel() for order in places]
        row: dict[str, Any] = {"set": dataset.name, "samples": limit}
        if pixels:
            row["pixels"] = np.mean([_logistic(x[i], y[i], x_test, y_test) for i in chosen])
        for name, model in models.items():
            train, tested = bits[name]
            row[name] = np.mean(
                [
                    _learned(model, train[i], y[i], tested, y_test, dataset.num_classes)
                    for i in chosen
                ]
            )
        yield row


def _logistic(x: NDArray, y: NDArray, x_test: NDArray, y_test: NDArray) -> float:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    x, x_test = (a.reshape(len(a), -1).astype(np.float32) for a in (x, x_test))
    return max(
        make_pipeline(StandardScaler(), LogisticRegression(C=c, max_iter=300))
        .fit(x, y)
        .score(x_test, y_test)
        for c in (0.01, 0.1, 1)
    )


def _learned(
    model: Model, x: NDArray, y: NDArray, x_test: NDArray, y_test: NDArray, classes: int
) -> float:
    learner = Learner(model, Config(classes=classes, replay_slots=0), kernels)
    for latent, label in zip(x, y, strict=True):
        learner.learn_latent(latent.tobytes(), int(label))
    learner.end()
    return float((predict_latents(learner, x_test) == y_test).mean())


if __name__ == "__main__":
    sys.exit(main())
