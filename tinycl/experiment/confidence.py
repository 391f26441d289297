"""How sure a learner was of its predictions, and how far that can be relied on."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["area_under_curve", "calibration_error", "figures"]

_BINS = 10
_COVERAGES = np.arange(1, 21) / 20


def figures(
    confidence: npt.NDArray[Any], known: npt.NDArray[Any], right: npt.NDArray[Any]
) -> dict[str, Any]:
    """What the predictions of a test say of confidence; the samples are of classes taught.

    Parameters
    ----------
    confidence
        0..1 (N,).
    known, right
        bool (N,): the learner called the sample known; the prediction was right.

    Returns
    -------
    dict
        ``mean`` confidence, ``accuracy``, and ``known``, the share of samples called known;
        ``calibration_error``: see the function; ``reliability``: for each of ten bins of
        confidence that holds samples their number ``samples``, mean ``confidence`` and
        ``accuracy``; ``coverage``: in steps of 5 %, the ``accuracy`` on the ``share`` of samples
        of which the learner is surest.
    """
    confidence, right = confidence.astype(float), right.astype(float)
    surest = right[np.argsort(-confidence, kind="stable")]
    shares = [max(1, round(share * len(right))) for share in _COVERAGES]
    return {
        "mean": float(confidence.mean()),
        "accuracy": float(right.mean()),
        "known": float(known.mean()),
        "calibration_error": calibration_error(confidence, right),
        "reliability": _reliability(confidence, right),
        "coverage": [
            {"share": float(share), "accuracy": float(surest[:n].mean())}
            for share, n in zip(_COVERAGES, shares, strict=True)
        ],
    }


def calibration_error(confidence: npt.NDArray[Any], right: npt.NDArray[Any]) -> float:
    """Expected calibration error over ten bins (Guo et al., 1706.04599).

    >>> calibration_error(np.array([0.9, 0.9]), np.array([1, 0]))
    0.4
    """
    gaps = [
        abs(one["confidence"] - one["accuracy"]) * one["samples"] / len(right)
        for one in _reliability(confidence, right)
    ]
    return round(sum(gaps), 6)


def _reliability(
    confidence: npt.NDArray[Any], right: npt.NDArray[Any]
) -> list[dict[str, int | float]]:
    """Samples, mean confidence and accuracy of each bin of confidence that holds samples."""
    bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    return [
        {
            "samples": int((bins == b).sum()),
            "confidence": float(confidence[bins == b].mean()),
            "accuracy": float(right[bins == b].mean()),
        }
        for b in np.unique(bins)
    ]


def area_under_curve(high: npt.NDArray[Any], low: npt.NDArray[Any]) -> float:
    """Chance that one of `high` is above one of `low`; ties count half (Mann and Whitney).

    >>> area_under_curve(np.array([3, 4]), np.array([1, 3]))
    0.875
    """
    values = np.sort(low)
    below = np.searchsorted(values, high, "left") + np.searchsorted(values, high, "right")
    return float(below.mean() / (2 * len(values)))
