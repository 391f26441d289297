"""Endless training batches; each epoch's are a function of (seed, epoch) alone.

Thus a run that was killed and resumed sees the same pixels as one that was not.
"""

from collections.abc import Callable, Iterator
from itertools import count

import numpy as np
import numpy.typing as npt

from tinycl.training.augment import Policy, augment, views
from tinycl.training.mixing import mix, one_hot

__all__ = ["batches"]

Floats = npt.NDArray[np.float32]
Batch = tuple[Floats, Floats]

_TAUGHT = 0.7  # of the target is the teacher's answer; the rest is the label


def batches(
    x: npt.NDArray[np.uint8],
    y: npt.NDArray[np.int64],
    policy: Policy,
    batch: int,
    num_classes: int,
    num_views: int,
    seed: int,
    first_epoch: int = 0,
    mixing: str | None = None,
    teacher: Callable[[Floats], Floats] | None = None,
) -> Iterator[Batch]:
    """Yield augmented batches, epoch after epoch, without end.

    Telling quarter turns apart multiplies the classes. It keeps features general: a backbone
    that is trained on few classes otherwise forgets what only other classes would need.

    Parameters
    ----------
    x, y
        uint8 (N, H, W, C) and labels 0..num_classes-1.
    num_views
        Views told apart; view v of class c has the label ``c + v * num_classes``.
    first_epoch
        Where to start, when a run is resumed.
    mixing
        One of `tinycl.training.mixing.MIXES`, or None.
    teacher
        Answers a batch with class probabilities (batch, num_classes * num_views).

    Yields
    ------
    tuple
        float32 (batch, H, W, C) that holds integers unless ``mixing`` is ``mixup``, and float32
        distributions (batch, num_classes * num_views); ``N // batch`` batches an epoch, the rest
        left out in another way each time.
    """
    for epoch in count(first_epoch):
        rng = np.random.default_rng([seed, epoch])
        order = rng.permutation(len(x))
        for start in range(0, len(x) - batch + 1, batch):
            chosen = order[start : start + batch]
            view = rng.integers(0, num_views, batch)
            pixels = views(augment(x[chosen], policy, rng), view).astype(np.float32)
            target = one_hot(y[chosen] + view * num_classes, num_classes * num_views)
            if mixing:
                pixels, target = mix(mixing, pixels, target, rng)
            if teacher:
                target = (1 - _TAUGHT) * target + _TAUGHT * teacher(pixels)
            yield pixels, target
