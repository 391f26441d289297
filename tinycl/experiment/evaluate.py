"""Predictions of a learner for many samples at once: the same integers as one by one."""

import numpy as np
import numpy.typing as npt
from tinycl_rt.forward import NEVER
from tinycl_rt.kernels.numpy import core as k
from tinycl_rt.learner import Learner
from tinycl_rt.trainable.tail import Tail

from tinycl.experiment.float32.head import FloatHead
from tinycl.experiment.float32.lda import FloatLda

__all__ = ["predict_latents"]

_ROWS = 500  # of which the tail's columns are in memory at once


def predict_latents(learner: Learner, latents: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """Classes by the consolidated head.

    Parameters
    ----------
    learner
        Its ``predict_latent`` gives the same for each sample; a float32 head to a rounding.
    latents
        uint8 (N, h, w, bytes), packed bits as from ``tinycl.inference``.

    Returns
    -------
    numpy.ndarray
        int64 (N,).
    """
    if not learner.tail:
        return _classes(learner, latents)
    found = [
        _classes(learner, _through(learner.tail, latents[i : i + _ROWS]))
        for i in range(0, len(latents), _ROWS)
    ]
    return np.concatenate(found) if found else np.empty(0, np.int64)


def _through(tail: Tail, latents: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Packed bits through the layers as they are now."""
    for p, layer, mask in tail.chain:
        if layer is None:
            latents = k.batch_bpool(p, latents, mask)
        else:
            latents = k.batch_bconv(p, latents, layer.w, layer.t)
    return latents


def _classes(learner: Learner, latents: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """By the head, of packed bits that it counts."""
    head = learner.head
    features = k.batch_sum_pool(learner.backbone.cells, latents)
    if isinstance(head, FloatHead | FloatLda):
        logits = head.logits(head.cw, features)
    else:
        given = head.classes, head.wf_shift, head.wf_limit
        logits = k.batch_head_forward(head.cw, features, *given)
        if head.bias:
            logits = logits + np.frombuffer(head.bias, np.int32)
    taught = np.asarray(head.past) > 0
    if head.replays and taught.any():
        logits = np.where(taught, logits, NEVER)
    return logits.argmax(axis=1)
