"""Streams of labelled pixels for small models, and learners in the middle of one."""

from collections.abc import Iterator
from types import ModuleType

import numpy as np
from tinycl_rt.config import Config
from tinycl_rt.kernels.reference import core as reference
from tinycl_rt.learner import Learner
from tinycl_rt.model.loader import Model

__all__ = ["learn", "samples", "settings"]


def samples(model: Model, n: int, classes: int = 4, seed: int = 0) -> list[tuple[bytes, int]]:
    """Pixels of ``classes`` noisy prototypes in random order: (pixels, label) each."""
    rng = np.random.default_rng(seed)
    prototypes = rng.integers(0, 256, (classes, model.input_bytes))
    labels = rng.integers(0, classes, n)
    noise = rng.normal(0, 25, (n, model.input_bytes))
    pixels = np.clip(prototypes[labels] + noise, 0, 255).astype(np.uint8)
    return [(row.tobytes(), int(label)) for row, label in zip(pixels, labels, strict=True)]


def settings() -> Iterator[dict[str, int]]:
    """Configurations that differ in everything that takes another path."""
    cwr = {"head": 0}
    for policy in range(4):
        yield cwr | {"policy": policy}
        yield cwr | {"policy": policy, "stochastic": 1, "seed": 77, "replay_slots": 5}
    yield {"method": 1, "replay_slots": 0, "replay_batch": 0}
    yield {"method": 1, "stochastic": 1}
    yield cwr | {"qf": 4, "qb": 8, "gbits": 4, "lr_shift": 0}
    yield cwr | {"qf": 8, "qb": 8, "gbits": 6, "stochastic": 1}
    yield cwr | {"replay_batch": 0}
    yield cwr | {"replay_slots": 1, "replay_batch": 2}
    yield cwr | {"qf": 5, "qb": 13, "lr_shift": 15}
    yield {"head": 1, "replay_slots": 0}
    yield {"head": 2, "replay_slots": 0}
    yield {"head": 2, "rank": 3, "qf": 5}


def learn(
    model: Model, kernels: ModuleType = reference, experiences: int = 3, **given: int
) -> Learner:
    """A learner after ``experiences`` closed ones of 12 samples each, two classes at a time."""
    learner = Learner(model, Config(**{"classes": 4, "replay_slots": 9, **given}), kernels)
    stream = samples(model, 200)
    for i in range(experiences):
        classes = {i % 4, (i + 1) % 4}
        learner.begin(i, sorted(classes), 12)
        for pixels, label in [s for s in stream if s[1] in classes][12 * i : 12 * i + 12]:
            learner.learn(pixels, label)
        learner.end()
    return learner
