"""The trainable tail: kernel sets agree, gradients are what the equations say, states survive."""

import pytest
from helpers.streams import learn, samples
from helpers.tiny import deep_model
from tinycl_rt.config import Config
from tinycl_rt.kernels.numpy import core as numpy_kernels
from tinycl_rt.kernels.reference import core as reference
from tinycl_rt.learner import Learner
from tinycl_rt.model.loader import Model

SETTINGS = (
    {"depth": 1, "tail_lr": 0, "tail_margin": 2},
    {"depth": 2, "tail_lr": 0, "tail_margin": 2},
    {"depth": 3, "tail_lr": 0, "tail_margin": 2},
    {"depth": 3, "rule": 0, "tail_step": 3, "tail_margin": 5},
    {"depth": 3, "rule": 2, "tail_lr": 1, "tail_decay": 2, "tail_margin": 3},
    {"depth": 3, "wide": 1, "thresholds": 1, "tail_lr": 4, "tail_margin": 1},
    {"depth": 1, "qf": 5, "qb": 11, "gbits": 5, "tail_lr": 3, "tail_margin": 1, "thresholds": 1},
)


@pytest.fixture(scope="module")
def deep() -> Model:
    return Model(deep_model())


def _learned(learner: Learner) -> bytes:
    return bytes(learner.dump())


@pytest.mark.parametrize("given_", SETTINGS, ids=str)
def test_kernel_sets_learn_the_same(deep: Model, given_: dict[str, int]) -> None:
    plain = learn(deep, reference, 2, replay_batch=2, **given_)
    before = Learner(deep, plain.config, reference).tail.blocks()
    assert before != plain.tail.blocks()
    assert _learned(plain) == _learned(learn(deep, numpy_kernels, 2, replay_batch=2, **given_))


@pytest.mark.parametrize("given_", SETTINGS, ids=str)
def test_a_restored_learner_goes_on(deep: Model, given_: dict[str, int]) -> None:
    stream = samples(deep, 30, classes=2)
    first = learn(deep, numpy_kernels, 1, **given_)
    first.begin(1, [0, 1], 20)
    for pixels, label in stream[:7]:
        first.learn(pixels, label)
    second = Learner(deep, Config(), numpy_kernels)
    second.restore(first.dump())
    for learner in first, second:
        for pixels, label in stream[7:20]:
            learner.learn(pixels, label)
        learner.end()
    assert _learned(first) == _learned(second)
    assert [first.predict(x) for x, _ in stream] == [second.predict(x) for x, _ in stream]


def test_what_a_model_cannot_do_is_refused_before_anything_is_lost(deep: Model) -> None:
    learner = learn(deep, numpy_kernels, 1)
    before = _learned(learner)
    with pytest.raises(ValueError, match="tail:9 asks for 9 binary layers, this model ends with"):
        learner.reset(Config(depth=9))
    with pytest.raises(ValueError, match="expected tail_lr of at least"):
        learner.reset(Config(depth=1, wide=1, tail_lr=0))
    assert _learned(learner) == before


def test_a_tail_that_has_not_learned_predicts_like_the_model(deep: Model) -> None:
    pixels = [x for x, _ in samples(deep, 20)]
    plain, trained = (Learner(deep, Config(depth=n), reference) for n in (0, 3))
    for x in pixels:
        latent = bytes(plain.backbone.run(x))
        assert bytes(trained.tail.run(trained.backbone.run(x))) == latent
