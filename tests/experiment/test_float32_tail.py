"""The float32 tail: the same stream, and the integers' gradients where nothing is rounded."""

import numpy as np
import pytest
from helpers.streams import samples
from helpers.tiny import deep_model
from tinycl_rt.config import Config
from tinycl_rt.kernels.numpy import core as numpy_kernels
from tinycl_rt.kernels.reference import core as reference
from tinycl_rt.learner import Learner
from tinycl_rt.model.loader import Model

from tinycl.experiment.evaluate import predict_latents
from tinycl.experiment.float32.head import FloatLearner

SETTINGS = (
    {"depth": 1},
    {"depth": 3},
    {"depth": 3, "rule": 0, "tail_step": 2},
    {"depth": 3, "rule": 2, "tail_lr": 1, "tail_margin": 2, "tail_decay": 2},
    {"depth": 3, "thresholds": 1},
)


@pytest.fixture(scope="module")
def model() -> Model:
    return Model(deep_model())


def _learn(kind: type[Learner], model: Model, given: dict[str, int]) -> Learner:
    config = {"classes": 3, "replay_slots": 12, "replay_batch": 3, "tail_lr": 2, "tail_margin": 4}
    learner = kind(model, Config(**{**config, **given}), kernels=numpy_kernels)
    stream = samples(model, 40, classes=3)
    for number in range(2):
        learner.begin(number)
        for pixels, label in stream[20 * number : 20 * number + 20]:
            learner.learn(pixels, label)
        learner.end()
    return learner


@pytest.mark.parametrize("given", SETTINGS, ids=str)
def test_the_stream_is_the_same(model: Model, given: dict[str, int]) -> None:
    real, whole = _learn(FloatLearner, model, given), _learn(Learner, model, given)
    assert bytes(real.replay.bits) == bytes(whole.replay.bits)
    assert bytes(real.replay.labels) == bytes(whole.replay.labels)
    assert real.rng.state == whole.rng.state


def test_a_step_is_that_of_the_integers_but_for_rounding(model: Model) -> None:
    config = Config(classes=3, replay_slots=0, depth=3, wide=1, tail_lr=4, tail_margin=64)
    whole, real = (kind(model, config, kernels=numpy_kernels) for kind in (Learner, FloatLearner))
    weights = np.random.default_rng(0).normal(0, 0.3, (3, model.features)) * 32768
    pixels, label = samples(model, 1)[0]
    for learner in whole, real:
        learner.begin(0, [0, 1, 2])
    whole.head.tw[:] = type(whole.head.tw)("h", weights.astype(np.int16).ravel().tolist())
    real.head.tw[:] = weights * 4 / 32768  # their range is +-4
    before = [np.array(layer.latent) for layer in whole.tail.layers]
    floats = [layer for _, layer, _ in real.tail.chain if layer]
    start = [layer._latent.copy() for layer in floats]
    for learner in whole, real:
        learner.learn(pixels, label)
    for i, layer in enumerate(whole.tail.layers):
        moved = (np.array(layer.latent) - before[i]) / 32768
        wanted = (floats[i]._latent - start[i]).ravel()
        assert np.abs(wanted).max() > 1e-4
        assert np.corrcoef(moved, wanted)[0, 1] > 0.97, i
        assert np.abs(moved).mean() == pytest.approx(np.abs(wanted).mean(), rel=0.1)


def test_predictions_in_batches_are_those_one_by_one(model: Model) -> None:
    for kind in (FloatLearner, Learner):
        learner = _learn(kind, model, {"depth": 3})
        pixels = [x for x, _ in samples(model, 30, seed=3)]
        packed = np.stack([np.array(learner.backbone.run(x)) for x in pixels])
        h, w, _ = model.tensors[model.operators[learner.tail.first].source].shape
        found = predict_latents(learner, packed.reshape(len(pixels), h, w, -1))
        assert found.tolist() == [learner.predict(x) for x in pixels]


def test_first_step_is_the_gradient_of_the_equations(model: Model) -> None:
    """One sample, head weights given: dW of the last layer by sums over positions and classes."""
    learner = FloatLearner(model, Config(classes=3, replay_slots=0, depth=1), kernels=reference)
    pixels, label = samples(model, 1)[0]
    rng = np.random.default_rng(0)
    learner.begin(0, [0, 1, 2])
    learner.head.tw[:] = rng.normal(0, 0.2, learner.head.tw.shape)
    weights = learner.head.tw.copy()
    layer = learner.tail.chain[0][1]
    before = layer._latent.copy()
    latent = np.array(learner.backbone.run(pixels))
    x = 1 - 2 * np.unpackbits(latent.reshape(9, -1), axis=1, bitorder="little")[:, :34].astype(int)
    signs = np.where(before < 0, -1, 1)
    acc = x @ signs.T  # 1 x 1 convolution: 9 positions, 12 channels
    d = acc - np.array(model.operators[-2].table)[:12]
    out = np.where(d < 0, -1, 1).reshape(3, 3, 12)
    cells = [slice(0, 1), slice(1, 3)]
    counts = np.concatenate([out[a, b].sum(axis=(0, 1)) for a in cells for b in cells])
    shift = model.operators[-1].p[14]
    logits = weights @ (np.floor(counts / 2**shift) / 2**3) / 2**2
    p = np.exp(logits) / np.exp(logits).sum()
    p[label] -= 1
    f = (p @ weights).reshape(2, 2, 12) / 4  # relative to the weights' range
    e = np.zeros((3, 3, 12))
    for i, a in enumerate(cells):
        for j, b in enumerate(cells):
            e[a, b] = f[i, j]
    e = e.reshape(9, 12) * (np.abs(d) <= 5)  # isqrt(34)
    gradient = np.einsum("po,pi->oi", e, x)
    learner.learn(pixels, label)
    rate = 2.0 ** -(learner.config.tail_lr + 4)  # 9 positions take 4 bits
    assert np.allclose(before - layer._latent, rate * gradient, atol=1e-6)
    assert np.abs(gradient).max() > 0.01
