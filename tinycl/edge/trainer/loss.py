"""Softmax and cross-entropy."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["softmax_loss"]


def softmax_loss(
    logits: npt.NDArray[np.floating], labels: npt.NDArray[np.integer], scale: float
) -> float:
    """Turn logits (samples, classes) into ``scale`` times the gradient of the loss, in place.

    Returns
    -------
    float
        Mean cross-entropy in nats. The gradient is of this mean.
    """
    rows = np.arange(len(labels))
    logits -= logits.max(axis=1, keepdims=True)
    chosen = logits[rows, labels].copy()
    np.exp(logits, out=logits)
    sums = logits.sum(axis=1, keepdims=True)
    loss = float(np.mean(np.log(sums[:, 0]) - chosen))
    logits /= sums
    logits[rows, labels] -= 1
    logits *= scale / len(labels)
    return loss
