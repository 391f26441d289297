"""Whether a learner tells samples of classes that it was never taught from those that it was."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from tinycl_rt.learner import Learner

from tinycl.data.scenario import left_out
from tinycl.experiment.confidence import area_under_curve, figures
from tinycl.experiment.experiment import Experiment

__all__ = ["tell_apart"]


def tell_apart(
    learner: Learner, latents: npt.NDArray[np.uint8], experiment: Experiment
) -> dict[str, Any]:
    """Ask the learner of each test sample how well it fits, whether it is known, and how surely.

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
        a class that was not; ``unknown_auroc_margin``: the same by the margin between the two best
        logits. ``unknown_accepted_at_90``: share of the latter that is accepted where 90 % of the
        former are. ``unknown_accepted`` and ``unknown_coverage``: shares of both that the learner
        calls known. ``unknown_confidence`` and ``unknown_accuracy``: mean confidence, 0..1, and
        accuracy of classes that were taught; ``unknown_calibration_error``: see the function.
        ``confidence``: see ``tinycl.experiment.confidence.figures``, of classes that were taught.
    """
    settings, dataset = experiment.settings, experiment.dataset
    head = learner.head
    rows = np.isin(dataset.y_test, np.unique(dataset.y_train))
    truth = dataset.y_test[rows]
    strange = np.isin(truth, left_out(dataset, settings.unknown, settings.seed))
    found = []
    for latent, label in zip(latents[rows], truth, strict=True):
        best = learner.predict_latent(latent.tobytes())
        second, first = np.partition(np.asarray(learner.scores, np.float64), -2)[-2:]
        fit = head.novelty(best) if hasattr(head, "novelty") else first - second
        found.append((fit, first - second, learner.known, learner.confidence / 255, best == label))
    fits, margins, known, confidence, right = np.array(found, np.float64).T
    taught = ~strange
    told = figures(confidence[taught], known[taught], right[taught])
    return {
        "confidence": told,
        "unknown_auroc": area_under_curve(fits[taught], fits[strange]),
        "unknown_auroc_margin": area_under_curve(margins[taught], margins[strange]),
        "unknown_accepted_at_90": float((fits[strange] >= np.quantile(fits[taught], 0.1)).mean()),
        "unknown_accepted": float(known[strange].mean()),
        "unknown_coverage": told["known"],
        "unknown_confidence": told["mean"],
        "unknown_accuracy": told["accuracy"],
        "unknown_calibration_error": told["calibration_error"],
    }
