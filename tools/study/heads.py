"""(h) Heads: accuracy against samples a class, on backbones of the zoo and sets they never saw."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from tinycl_rt.kernels.numpy import core as k
from tinycl_rt.model.loader import Model

from tinycl.data import load
from tinycl.exceptions import DataError
from tinycl.experiment.experiment import Experiment
from tinycl.experiment.settings import ExperimentSettings
from tinycl.experiment.simulator import Latents
from tinycl.experiment.sweep.runs import Bench
from tinycl.zoo.catalogue import model as read_model
from tools.zoo.recordings import write

from .paper import Group, Page, score, seeds, table

__all__ = ["FULL", "QUICK", "STILL", "Set", "bench", "heads"]

Run = Callable[[Bench, list[ExperimentSettings], str], list[Group]]
Floats = npt.NDArray[np.float64]

HEADS: dict[str, dict[str, Any]] = {
    "lda (auto)": {"head": "lda"},
    "lda, float32, whole covariance": {"head": "lda", "arithmetic": "float32"},
    "mean": {"head": "mean"},
    "cwr, 200 latents": {"head": "cwr", "replay": 200},
    "cwr, no replay": {"head": "cwr", "replay": 0},
}
YARDSTICKS = {
    "logistic regression, all classes at once": "logistic",
    "LDA, all classes at once, best of three shrinkages": "lda",
}
_SHRINKAGES = ("auto", 0.5, 0.9)
_NONE = "-"


@dataclass(frozen=True)
class Set:
    """A backbone of the zoo, a data set that it was not trained on, and numbers of samples."""

    name: str
    model: str
    data: str
    limits: tuple[int, ...]


FULL = (
    Set("cifar10", "colour-s", "cifar10", (1, 5, 10, 20, 50, 100, 200, 1000)),
    Set("letters", "grey", "letters", (1, 5, 20, 50, 200)),
    Set("mnist", "grey", "mnist", (1, 5, 20, 50, 200, 1000)),
    Set("har_exercise", "motion", "har_exercise", (1, 5, 20, 50)),
    Set("cgestures", "motion", "cgestures", (1, 5)),
)
STILL = FULL[:3]
"""Those of images."""
QUICK = (Set("letters", "grey", "letters", (5, 20)),)


def heads(sets: tuple[Set, ...], run: Run, runs: int, page: Page) -> None:
    """Fill the page: a table and a plot a set."""
    page.text(
        "Final accuracy in percent, mean ± standard deviation over seeds, classes two by two in "
        "random order (`--scenario nc:2 --order random`), one pass. The yardsticks, of "
        "scikit-learn, see all classes at once on the same features and samples; the best "
        "shrinkage is chosen on the test set."
    )
    for one in sets:
        its = bench(one, page.folder)
        if its is None:
            continue
        limits = [n for n in one.limits if n <= np.bincount(its.dataset.y_train).min()]
        cells = {
            (name, n): ExperimentSettings(order="random", limit=n, **changes)
            for name, changes in HEADS.items()
            for n in limits
        }
        groups = dict(zip(cells, run(its, list(cells.values()), one.name), strict=True))
        page.runs(one.name, list(groups.values()))
        found = _yardsticks(its, limits, runs)
        rows = [[name, *(score(groups[name, n]) for n in limits)] for name in HEADS]
        rows += [
            [title, *(_cell(found[n][key]) for n in limits)] for title, key in YARDSTICKS.items()
        ]
        page.text(
            f"### {one.data}, features of `{one.model}`\n\nSamples a class, "
            f"{seeds(groups[next(iter(HEADS)), limits[0]])}."
        )
        page.text(table(["head", *map(str, limits)], rows))
        page.plot(_figure(limits, rows, one), one.name)


def _cell(found: Floats) -> str:
    """Mean and spread; nothing of what one sample a class does not allow."""
    return f"{found.mean():.1f} ± {found.std():.1f}" if found.any() else _NONE


def bench(one: Set, folder: Path) -> Bench | None:
    """Backbone and data; None where a recording is not there."""
    data = one.data
    if one.model == "motion":
        file = folder / f"{one.data}.npz"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write(one.data, file)
        except DataError as error:
            print(f"study: {one.data} is left out: {error}")
            return None
        data = f"npz:{file}"
    return Bench(f"{one.model}.tcm", read_model(one.model), load(data))


def _yardsticks(bench: Bench, limits: list[int], runs: int) -> dict[int, dict[str, Floats]]:
    """Percent right of each yardstick, by samples a class and by seed."""
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.linear_model import LogisticRegression

    truth = bench.dataset.y_test
    found = {n: {key: np.zeros(runs) for key in YARDSTICKS.values()} for n in limits}
    for n, run, x, y, test in _features(bench, limits, runs):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            logistic = LogisticRegression(C=0.001, max_iter=300).fit(x, y)
            found[n]["logistic"][run] = 100 * logistic.score(test, truth)
            for shrinkage in _SHRINKAGES if n > 1 else ():
                lda = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage).fit(x, y)
                best = max(found[n]["lda"][run], 100 * lda.score(test, truth))
                found[n]["lda"][run] = best
    return found


def _features(bench: Bench, limits: list[int], runs: int) -> Iterator[tuple[Any, ...]]:
    """Samples a class and run, features and classes of its stream, and features of the test set.

    The network computes each sample once.
    """
    model: Model = bench.model()
    cells = model.operators[-1].p
    experiments = {
        (n, run): Experiment.make(
            bench.dataset, ExperimentSettings(order="random", limit=n, seed=run + 1)
        )
        for n in limits
        for run in range(runs)
    }
    latents = Latents(model, *experiments.values())
    test = k.batch_sum_pool(cells, latents.test).astype(np.float32)
    for (n, run), experiment in experiments.items():
        rows = np.concatenate([e.indices for e in experiment.experiences])
        packed = np.stack([np.frombuffer(latents.train(i), np.uint8) for i in rows])
        x = k.batch_sum_pool(cells, packed.reshape(-1, *latents.test.shape[1:]))
        yield n, run, x.astype(np.float32), bench.dataset.y_train[rows], test


def _figure(limits: list[int], rows: list[list[str]], one: Set) -> Any:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.subplots()
    for i, (name, *cells) in enumerate(rows):
        shown = [
            (n, float(cell.partition(" ")[0]))
            for n, cell in zip(limits, cells, strict=True)
            if cell != _NONE
        ]
        axes.plot(*zip(*shown, strict=True), "o-" if i < len(HEADS) else "k:", label=name)
    axes.set(xscale="log", xlabel="samples a class", ylabel="accuracy, percent")
    axes.set_title(f"{one.data}, features of {one.model}")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    return figure
