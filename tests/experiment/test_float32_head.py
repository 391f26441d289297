"""The float32 learner: the integer one's stream, and the equations of CWR*."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from helpers.streams import samples
from helpers.tiny import tiny_model
from tinycl_rt.config import Config
from tinycl_rt.kernels.numpy import core as numpy_kernels
from tinycl_rt.learner import Learner
from tinycl_rt.model.loader import Model

from tinycl.experiment.evaluate import predict_latents
from tinycl.experiment.float32.head import FloatLearner
from tinycl.inference import latents

Floats = npt.NDArray[np.float64]
Step = tuple[bytes, int]
"""Features and label of a sample, new or replayed."""
Experience = tuple[list[int], list[int], list[int], list[Step]]
"""Classes announced, labels in the replay memory before, labels of new samples, steps."""
MODEL = Model(tiny_model())
CLASSES = 4


def recorded(learner: Learner, n: int = 30) -> Iterator[Experience]:
    """Teach two classes an experience; yield what came after each."""
    steps: list[Step] = []
    step = learner.head.step

    def spy(label: int) -> Any:
        steps.append((bytes(learner.head.x), label))
        return step(label)

    learner.head.step = spy
    stream = samples(MODEL, 400, CLASSES)
    for i in range(4):
        classes = sorted({i % CLASSES, (i + 1) % CLASSES})
        part = [s for s in stream if s[1] in classes][n * i : n * i + n]
        memory = list(learner.replay.labels[: learner.replay.count])
        steps.clear()
        learner.begin(i, classes, n)
        for pixels, label in part:
            learner.learn(pixels, label)
        learner.end()
        yield classes, memory, [label for _, label in part], list(steps)


def both(**given: int) -> tuple[Learner, Learner]:
    config = Config(**{"classes": CLASSES, "head": 0, "replay_slots": 20, "seed": 5, **given})
    return Learner(MODEL, config, numpy_kernels), FloatLearner(MODEL, config, numpy_kernels)


@pytest.mark.parametrize("policy", range(4))
def test_it_sees_the_samples_of_the_integer_learner(policy: int) -> None:
    integer, real = both(policy=policy)
    for one, other in zip(recorded(integer), recorded(real), strict=True):
        assert one == other
    assert integer.rng.state == real.rng.state
    assert integer.replay.bits == real.replay.bits


def trained(tw: Floats, steps: list[Step]) -> None:
    """Gradient descent as the equations say, in place.

    x: counts over 2^bits of the largest; logits over the power of two next below sqrt(features).
    """
    top = 2.0 ** int(MODEL.feature_range).bit_length()
    gain = 2.0 ** ((MODEL.features.bit_length() - 1) // 2)
    for x, label in steps:
        values = np.frombuffer(x, np.int8) / top
        odds = [np.exp(sum(tw[j] * values) / gain) for j in range(CLASSES)]
        for j in range(CLASSES):
            tw[j] -= 2.0**-3 * (odds[j] / sum(odds) - (j == label)) * values


def test_the_equations_of_cwr() -> None:
    """Every step and every consolidation of a stream, against loops in float64."""
    _, real = both(replay_batch=2)
    cw, past = np.zeros((CLASSES, MODEL.features)), [0] * CLASSES
    for classes, memory, labels, steps in recorded(real):
        cur = [memory.count(j) + labels.count(j) for j in range(CLASSES)]
        present = [j for j in range(CLASSES) if cur[j]]
        assert set(classes) <= set(present)
        tw = np.zeros_like(cw)
        tw[present] = cw[present]
        trained(tw, steps)
        average = sum(tw[j].sum() for j in present) / (len(present) * MODEL.features)
        for j in present:
            wpast = (past[j] / cur[j]) ** 0.5
            cw[j] = (cw[j] * wpast + (tw[j] - average)) / (wpast + 1)
            past[j] += cur[j]
        assert real.head.past.tolist() == past
        assert np.allclose(real.head.cw, cw, rtol=0, atol=2e-5)
    assert np.abs(cw).max() > 0.3


def test_naive_keeps_what_training_left() -> None:
    _, real = both(method=1)
    for _ in recorded(real):
        assert np.array_equal(real.head.cw, real.head.tw)


def test_many_predictions_are_those_of_one_by_one() -> None:
    _, real = both()
    list(recorded(real))
    pixels = [np.frombuffer(p, np.uint8) for p, _ in samples(MODEL, 50, CLASSES, seed=9)]
    images = np.stack(pixels).reshape(-1, *MODEL.input_shape)
    found = predict_latents(real, latents(MODEL, images))
    assert found.tolist() == [real.predict(image.tobytes()) for image in images]
    assert len(set(found.tolist())) > 1


def test_a_float_learner_has_no_state_file() -> None:
    _, real = both()
    before = real.fingerprint()
    list(recorded(real))
    assert real.fingerprint() != before
    with pytest.raises(ValueError, match="float32"):
        real.dump()
