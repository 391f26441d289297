"""The learner as a whole: one result under every kernel set, and a strict protocol."""

from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from helpers.streams import learn, samples, settings
from tinycl_rt.config import Config
from tinycl_rt.kernels.numpy import core as numpy_kernels
from tinycl_rt.kernels.reference import core as reference
from tinycl_rt.learner import Learner
from tinycl_rt.model.backbone import Backbone
from tinycl_rt.model.loader import Model

from tinycl.experiment.evaluate import predict_latents
from tinycl.inference import latents


@pytest.mark.parametrize("given", settings(), ids=lambda given: str(given)[1:-1])
def test_kernel_sets_learn_the_same(tiny: Model, given: dict[str, int]) -> None:
    one, two = learn(tiny, reference, **given), learn(tiny, numpy_kernels, **given)
    assert one.dump() == two.dump()
    assert one.fingerprint() == two.fingerprint()
    for pixels, _ in samples(tiny, 20, seed=5):
        assert one.predict(pixels) == two.predict(pixels)
        assert list(one.scores) == list(two.scores)
    if not given.get("lr_shift"):
        assert any(one.head.cw)


def test_settings_matter(tiny: Model) -> None:
    dumps = [bytes(learn(tiny, numpy_kernels, **given).dump())[64:] for given in settings()]
    assert len(set(dumps)) == len(dumps)


def test_it_learns_and_does_not_forget(tiny: Model) -> None:
    stream, test = samples(tiny, 120), samples(tiny, 200, seed=0)[120:]
    accuracy = {}
    for method in (0, 1):
        learner = Learner(tiny, Config(classes=4, replay_slots=20 * (1 - method), method=method))
        for first in (0, 2):
            learner.begin()
            for pixels, label in stream:
                if label in (first, first + 1):
                    learner.learn(pixels, label)
            learner.end()
        right = [learner.predict(pixels) == label for pixels, label in test]
        accuracy[method] = sum(right) / len(right)
    assert accuracy[0] >= 0.95
    assert accuracy[1] <= accuracy[0] - 0.2  # naive: the first two classes are lost


def test_learning_a_latent_is_learning_its_pixels(tiny: Model) -> None:
    one, two = Learner(tiny, classes=4, replay_slots=6), Learner(tiny, classes=4, replay_slots=6)
    backbone = Backbone(tiny, numpy_kernels)
    for pixels, label in samples(tiny, 30):
        latent = bytes(backbone.run(pixels))
        assert one.learn(pixels, label) == two.learn_latent(latent, label)
        assert one.predict(pixels) == two.predict_latent(latent)
    assert one.dump() == two.dump()


def test_many_predictions_at_once_are_those_one_by_one(tiny: Model) -> None:
    learner = learn(tiny, qf=5)
    pixels = [np.frombuffer(p, np.uint8) for p, _ in samples(tiny, 60, seed=9)]
    found = latents(tiny, np.array(pixels).reshape(60, *tiny.input_shape))
    one_by_one = [learner.predict_latent(latent.tobytes()) for latent in found]
    assert predict_latents(learner, found).tolist() == one_by_one
    untrained = Learner(tiny)  # all logits are equal: the first class
    assert not predict_latents(untrained, found).any()


def test_what_learn_returns_is_what_was_thought_before(tiny: Model) -> None:
    learner = Learner(tiny, classes=4, head=0)
    pixels = bytes(range(64))
    assert learner.learn(pixels, 3) == 0  # all weights are zero: the first class
    for _ in range(20):
        last = learner.learn(pixels, 3)
    assert last == 3
    assert learner.predict(pixels) == 0  # not consolidated yet
    learner.end()
    learner.predict(pixels)
    assert learner.scores[3] >= max(learner.scores)


@pytest.mark.parametrize("kernels", [reference, numpy_kernels], ids=["reference", "numpy"])
def test_a_refused_sample_changes_nothing(tiny: Model, kernels: ModuleType) -> None:
    learner = learn(tiny, kernels, experiences=1)
    learner.begin()
    learner.learn(bytes(64), 1)
    before = learner.dump()
    for pixels, label, reason in (
        (bytes(63), 1, "expected 64 pixels"),
        (b"", 1, "expected 64 pixels"),
        (bytes(65), 1, "expected 64 pixels"),
        (bytes(64), 4, "expected a class between 0 and 3, got 4"),
        (bytes(64), -1, "expected a class between 0 and 3, got -1"),
        (bytes(64), "", "no class is named ''"),
        (bytes(64), "x" * 25, "longer than 24 bytes"),
    ):
        with pytest.raises(ValueError, match=reason):
            learner.learn(pixels, label)
    with pytest.raises(ValueError, match="expected 64 pixels"):
        learner.predict(bytes(1))
    assert learner.dump() == before


def test_begin_and_end(tiny: Model) -> None:
    learner = Learner(tiny, classes=3, replay_slots=4)
    assert (learner.experience, learner.is_open, learner.position, learner.learned) == (0, 0, 0, 0)
    with pytest.raises(ValueError, match="no experience is open"):
        learner.end()
    with pytest.raises(ValueError, match="expected experience 0, got 1"):
        learner.begin(1)
    with pytest.raises(ValueError, match="class between 0 and 2, got 3"):
        learner.begin(0, [0, 3])
    assert not learner.is_open
    learner.begin(0, [0, 1], 2)
    with pytest.raises(ValueError, match="experience 0 is open, end it first"):
        learner.begin(1)
    learner.learn(bytes(64), 0)
    assert (learner.experience, learner.is_open, learner.position, learner.learned) == (0, 1, 1, 1)
    learner.end()
    assert (learner.experience, learner.is_open, learner.position, learner.learned) == (1, 0, 0, 1)
    learner.learn(bytes(64), 2)  # opens experience 1 itself
    assert (learner.experience, learner.is_open, learner.position, learner.learned) == (1, 1, 1, 2)


@pytest.mark.parametrize("method", [0, 1])
def test_an_experience_without_samples_changes_nothing_learned(tiny: Model, method: int) -> None:
    learner = learn(tiny, method=method)
    cw, past, replay = learner.head.cw[:], learner.head.past[:], bytes(learner.replay.bits)
    learner.begin(3, [0, 1])
    learner.end()
    assert learner.experience == 4
    assert (learner.head.cw, learner.head.past, bytes(learner.replay.bits)) == (cw, past, replay)


def test_experiences_come_to_an_end(tiny: Model) -> None:
    learner = Learner(tiny, classes=3)
    learner.experience = 65534
    learner.learn(bytes(64), 0)
    learner.end()
    with pytest.raises(ValueError, match="there were 65535 experiences"):
        learner.begin()
    learner.restore(learner.dump())


def test_counts_include_the_replay_memory(tiny: Model) -> None:
    learner = Learner(tiny, classes=3, head=0, replay_slots=4, policy=3)
    for label in (0, 0, 0, 1):
        learner.learn(bytes(64), label)
    learner.end()
    assert learner.head.past.tolist() == [3, 1, 0]
    learner.begin(1, [2])
    assert learner.head.cur.tolist() == [3, 1, 0] and list(learner.head.active) == [1, 1, 1]
    learner.learn(bytes(64), 2)
    learner.end()
    assert learner.head.past.tolist() == [6, 2, 1]


def test_names(tiny: Model) -> None:
    learner = Learner(tiny, classes=3)
    learner.set_names(["cup"])
    learner.learn(bytes(64), "pen")
    learner.learn(bytes(64), "cup")
    assert learner.names == ["cup", "pen", ""]
    assert learner.head.cur.tolist() == [1, 1, 0]
    learner.end()
    assert learner.predict_name(bytes(64)) in ("cup", "pen")
    assert learner.index("pen") == 1
    for name in ("box", ""):
        with pytest.raises(ValueError, match=f"no class is named '{name}'"):
            learner.index(name)
    learner.learn(bytes(64), "ä" * 12)  # 24 bytes
    with pytest.raises(ValueError, match="all 3 classes are taken, 'key' has no place"):
        learner.learn(bytes(64), "key")
    with pytest.raises(ValueError, match="4 names for 3 classes"):
        learner.set_names(["a"] * 4)


def test_a_name_takes_no_class_that_was_learned_by_number(tiny: Model) -> None:
    learner = Learner(tiny, classes=3)
    learner.learn(bytes(64), 0)
    learner.end()
    learner.learn(bytes(64), "cup")
    assert learner.names == ["", "cup", ""]


def test_reset_forgets(tiny: Model) -> None:
    learner, config = learn(tiny), Config(classes=6, replay_slots=3, seed=9)
    learner.set_names(["cup"])
    learner.reset(config)
    assert learner.dump() == Learner(tiny, config).dump()


def test_open_by_path_and_settings(tiny_model: bytes, tmp_path: Path) -> None:
    path = tmp_path / "model.tcm"
    path.write_bytes(tiny_model)
    learner = Learner(str(path), classes=7, replay_slots=11)
    assert (learner.config.classes, learner.replay.slots) == (7, 11)
    with pytest.raises(ValueError, match="not both"):
        Learner(learner.model, Config(), classes=3)


def test_config_refuses_what_is_out_of_range() -> None:
    for given, reason in (
        ({"classes": 1}, "expected classes between 2 and 128, got 1"),
        ({"classes": 129}, "got 129"),
        ({"qb": 7}, "expected qb between 8 and 16"),
        ({"seed": 0}, "expected seed between 1 and"),
        ({"replay_slots": 65536}, "expected replay_slots"),
        ({"lr_shift": 1.5}, "lr_shift"),
        ({"stochastic": 2}, "expected stochastic between 0 and 1, got 2"),
        ({"depth": 256}, "expected depth between 0 and 255"),
        ({"speed": 1}, "unknown setting speed"),
        ({"reserved": 0}, "unknown setting reserved"),
    ):
        with pytest.raises(ValueError, match=reason):
            Config(**given)


def test_config_packs() -> None:
    for given in settings():
        config = Config(**given)
        assert vars(Config.unpack(config.pack())) == vars(config)
    packed = Config().pack()
    for at, value in (
        (0, 1),
        (1, 4),
        (3, 3),
        (7, 4),
        (10, 1),
        (11, 3),
        (16, 65),
        (17, 64),
        (18, 1),
    ):
        with pytest.raises(ValueError, match="config: "):
            Config.unpack(packed[:at] + bytes([value]) + packed[at + 1 :])
    with pytest.raises(ValueError, match="expected 20 bytes, got 19"):
        Config.unpack(packed[:19])
