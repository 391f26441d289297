"""One step of a learner whose tail trains, and the making of that tail."""

import gc

from tinycl_rt.config import FULL
from tinycl_rt.trainable import layers
from tinycl_rt.trainable.tail import Tail

__all__ = ["make", "step"]


def make(model, config, kernels, rng):
    """What trains below the head: a ``Tail``, or a ``Full`` at full depth.

    Raises
    ------
    MemoryError
        There is no room for its buffers.
    """
    try:
        if config.depth == FULL:
            from tinycl_rt.trainable.full import Full

            return Full(model, config, kernels, rng)
        return Tail(model, config, kernels, rng)
    except MemoryError:
        pass  # not in here: what was made of it is held until the end
    gc.collect()
    raise layers.too_deep(model, config)


def step(learner, latent, label):
    """Head and tail learn a mini-batch, a new sample and old ones; the class seen before."""
    head, replay, deep = learner.head, learner.replay, learner.tail
    labels, backbone = learner.batch_labels, learner.backbone
    deep.load(0, latent)
    labels[0] = label
    n = 1
    if replay.count:
        for _ in range(learner.batch):
            slot = learner.rng.below(replay.count)
            deep.load(n, replay.latent(slot))
            labels[n] = replay.labels[slot]
            n += 1
    deep.forward(n)
    first = 0
    for b in range(n):
        backbone.count(deep.top(b), head.x)
        best = head.error(labels[b])
        deep.error(b, head, backbone.cells)
        head.update()
        if b == 0:
            first = best
    deep.decay_rate(learner.experience)
    deep.backward(n)
    return first
