"""Full depth in float32: the same stream, and the integers' steps where nothing is rounded."""

from array import array

import numpy as np
import pytest
from helpers.streams import samples
from helpers.tiny import deep_model
from tinycl_rt.config import FULL, Config
from tinycl_rt.kernels.numpy import core as numpy_kernels
from tinycl_rt.learner import Learner
from tinycl_rt.model.loader import Model

from tinycl.compiler.untrained import untrained
from tinycl.experiment.evaluate import predict_latents
from tinycl.experiment.float32.head import FloatLearner

SETTINGS = (
    {"wide": 1},
    {"rule": 0, "tail_step": 2, "thresholds": 1},
    {"rule": 2, "tail_lr": 1, "tail_margin": 2, "tail_decay": 2},
)


@pytest.fixture(scope="module")
def model() -> Model:
    return Model(deep_model())


def _learner(kind: type[Learner], model: Model, **given: int) -> Learner:
    config = {"classes": 3, "replay_slots": 12, "replay_batch": 5, "tail_lr": 4, "depth": FULL}
    return kind(model, Config(**{**config, **given}), kernels=numpy_kernels)


@pytest.mark.parametrize("given", SETTINGS, ids=str)
def test_the_stream_is_the_same(model: Model, given: dict[str, int]) -> None:
    real, whole = (_learner(kind, model, **given) for kind in (FloatLearner, Learner))
    assert [bytes(x.w) for _, x, _ in real.tail.chain if x] == [
        bytes(x.w) for x in whole.tail.layers
    ]
    for learner in real, whole:
        for pixels, label in samples(model, 40, classes=3):
            learner.learn(pixels, label)
    assert bytes(real.replay.bits) == bytes(whole.replay.bits)
    assert real.rng.state == whole.rng.state
    assert real.tail.flips


def test_a_step_is_that_of_the_integers_but_for_rounding(model: Model) -> None:
    whole, real = (
        _learner(kind, model, wide=1, tail_margin=64, thresholds=1, tail_lr=3)
        for kind in (Learner, FloatLearner)
    )
    n = 6
    stream = samples(model, n, classes=3)
    weights = np.random.default_rng(0).normal(0, 0.3, (3, model.features)) * 32768 / 4
    floats = [layer for _, layer, _ in real.tail.chain if layer]
    before = [np.array(layer.latent) for layer in whole.tail.layers]
    start = [layer._latent.copy() for layer in floats]
    for layer, exact in zip(whole.tail.layers, floats, strict=True):
        layer.norm[-1] = 1  # errors that use their range from the first mini-batch on
        exact.shift = 1 + exact._lowest
    for learner in whole, real:
        learner.begin(0, [0, 1, 2])
        tail, head = learner.tail, learner.head
        if learner is whole:
            head.tw[:] = array("h", weights.astype(np.int16).ravel().tolist())
        else:
            head.tw[:] = weights * 4 / 32768  # their range is +-4
        for b, (pixels, _) in enumerate(stream):
            tail.load(b, learner.backbone.run(pixels))
        tail.forward(n)
        for b, (_, label) in enumerate(stream):
            learner.backbone.count(tail.top(b), head.x)
            head.error(label)
            tail.error(b, head, learner.backbone.cells)
        tail.backward(n)
    last = len(floats) - 1
    for i, (layer, exact) in enumerate(zip(whole.tail.layers, floats, strict=True)):
        moved = (np.array(layer.latent) - before[i]) / 32768
        wanted = (exact._latent - start[i]).ravel()
        assert np.abs(wanted).max() > 1e-3
        assert np.corrcoef(moved, wanted)[0, 1] > (0.99 if i == last else 0.9), i
        assert np.abs(moved).mean() == pytest.approx(np.abs(wanted).mean(), rel=0.15)
        assert exact.shift == layer.norm[-1] + exact._lowest
        oc = layer.p[11]
        assert np.abs(np.array(layer.norm[:oc]) / 128 - exact._beta).max() < 0.02
        assert np.abs(np.array(layer.t) - exact.t).max() <= 1


def test_digits_are_learned_and_predicted_in_batches_as_one_by_one() -> None:
    from tinycl.data import load

    dataset, model = load("digits"), Model(untrained("mlp-small"))
    learner = _learner(
        FloatLearner, model, classes=10, replay_slots=500, replay_batch=15, method=1
    )
    order = np.random.default_rng(0).permutation(len(dataset.x_train))[:300]
    for k in order:
        learner.learn(dataset.x_train[k].tobytes(), int(dataset.y_train[k]))
    learner.end()
    latents = np.stack([np.array(learner.backbone.run(x.tobytes())) for x in dataset.x_test[:150]])
    found = predict_latents(learner, latents.reshape(len(latents), 1, 1, -1))
    assert found[:20].tolist() == [learner.predict(x.tobytes()) for x in dataset.x_test[:20]]
    assert np.mean(found == dataset.y_test[:150]) > 0.6
