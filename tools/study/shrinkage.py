"""(i) Shrinkage of lda's covariance, chosen on samples that are held out of the training sets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
from tinycl_rt import lda

from tinycl.data.dataset import Dataset
from tinycl.experiment.settings import ExperimentSettings
from tinycl.experiment.simulator import Latents
from tinycl.experiment.sweep.runs import simulate

from .heads import Set, bench
from .paper import Page, table

__all__ = ["held_out", "shrinkage"]

FACTORS = (3, 6, 12, 24, 48)
LIMITS = (5, 20, 100)
_MOST_HELD = 2000


def shrinkage(sets: tuple[Set, ...], runs: int, page: Page) -> None:
    """Fill the page: a table of all sets, and the mean of its rows."""
    page.text(
        "Accuracy in percent by the factor of the shrinkage (`tinycl_rt.lda`), mean of "
        f"{runs} seeds, classes two by two in random order. The test sets are not read: a quarter "
        f"of the training set, at most {_MOST_HELD:,} samples, is held out in their place."
    )
    rows, all_scores = [], []
    for one in sets:
        found = bench(one, page.folder)
        if found is None:
            continue
        found = replace(found, dataset=held_out(found.dataset))
        counts = np.bincount(found.dataset.y_train)
        for limit in (n for n in LIMITS if n <= counts.min()):
            scores = np.zeros(len(FACTORS))
            for seed in range(1, runs + 1):
                settings = ExperimentSettings(order="random", limit=limit, seed=seed).resolved()
                latents = Latents(found.model(), found.experiment(settings))
                for i, factor in enumerate(FACTORS):
                    with _factor(factor):
                        result, _ = simulate(found, settings, latents)
                    scores[i] += 100 * result["final_accuracy"] / runs
            all_scores.append(scores)
            rows.append([f"{one.data}, {one.model}, {limit}", *(f"{s:.1f}" for s in scores)])
            print(*rows[-1])
    rows.append(["mean", *(f"{s:.2f}" for s in np.mean(all_scores, 0))])
    page.text(table(["set, backbone, samples a class", *map(str, FACTORS)], rows))


def held_out(data: Dataset) -> Dataset:
    """The training set alone: its last quarter, shuffled, in place of the test set."""
    order = np.random.default_rng(0).permutation(len(data.y_train))
    held = min(len(order) // 4, _MOST_HELD)
    return data.held_out(order[held:], order[:held])


@contextmanager
def _factor(value: int) -> Iterator[None]:
    before, lda._SHRINK = lda._SHRINK, value
    try:
        yield
    finally:
        lda._SHRINK = before
