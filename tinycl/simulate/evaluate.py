"""Predictions of a learner for many samples at once: the same integers as one by one."""

import numpy as np
import numpy.typing as npt
from tinycl_rt import kernels_numpy as k
from tinycl_rt.learner import Learner

from tinycl.simulate.float_head import FloatHead

__all__ = ["predict_latents"]


def predict_latents(learner: Learner, latents: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """Classes by the consolidated head.

    Parameters
    ----------
    learner
        Its ``predict_latent`` gives the same for each sample; a float32 head to a rounding.
    latents
        uint8 (N, h, w, bytes), packed bits as from ``tinycl.simulate.latents``.

    Returns
    -------
    numpy.ndarray
        int64 (N,).
    """
    if learner.tail:
        for p, layer, mask in learner.tail.chain:
            if layer is None:
                latents = k.batch_bpool(p, latents, mask)
            else:
                latents = k.batch_bconv(p, latents, layer.w, layer.t)
    head = learner.head
    features = k.batch_count(learner.backbone.cells, latents)
    if isinstance(head, FloatHead):
        return head.logits(head.cw, features).argmax(axis=1)
    logits = k.batch_head_forward(head.cw, features, head.classes, head.wf_shift, head.wf_limit)
    return logits.argmax(axis=1)
