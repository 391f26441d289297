"""Whether a learner tells samples of classes that it was never taught from those that it was."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from tinycl_rt.learner import Learner

from tinycl.data.scenario import left_out
from tinycl.experiment.experiment import Experiment

__all__ = ["area_under_curve", "tell_apart"]


def tell_apart(
    learner: Learner, latents: npt.NDArray[np.uint8], experiment: Experiment
) -> dict[str, Any]:
    """Score each test sample by how well it fits what was learned.

    Parameters
    ----------
    learner
        At the end of the experiment. A head without ``novelty`` is measured by its margin.
    latents
        Of the whole test set.

    Returns
    -------
    dict
        ``unknown_auroc``: chance that a sample of a class that was taught fits better than one of
        a class that was not. ``unknown_accepted_at_90``: share of the latter that is accepted
        where 90 % of the former are. ``unknown_auroc_margin``: the first by the margin between
        the two best logits, for comparison.
    """
    settings, dataset = experiment.settings, experiment.dataset
    strange = np.isin(dataset.y_test, left_out(dataset, settings.unknown, settings.seed))
    rows = np.isin(dataset.y_test, np.unique(dataset.y_train))
    fits, margins = [], []
    for latent in latents[rows]:
        best = learner.predict_latent(latent.tobytes())
        logits = np.sort(np.asarray(learner.scores, np.float64))
        margins.append(logits[-1] - logits[-2])
        fits.append(
            learner.head.novelty(best) if hasattr(learner.head, "novelty") else margins[-1]
        )
    known, unknown = np.array(fits)[~strange[rows]], np.array(fits)[strange[rows]]
    by_margin = np.array(margins)
    return {
        "unknown_auroc": area_under_curve(known, unknown),
        "unknown_auroc_margin": area_under_curve(
            by_margin[~strange[rows]], by_margin[strange[rows]]
        ),
        "unknown_accepted_at_90": float((unknown >= np.quantile(known, 0.1)).mean()),
    }


def area_under_curve(high: npt.NDArray[Any], low: npt.NDArray[Any]) -> float:
    """Chance that one of `high` is above one of `low`; ties count half (Mann and Whitney).

    >>> area_under_curve(np.array([3, 4]), np.array([1, 3]))
    0.875
    """
    values = np.sort(low)
    below = np.searchsorted(values, high, "left") + np.searchsorted(values, high, "right")
    return float(below.mean() / (2 * len(values)))
