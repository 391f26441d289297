"""Forgetting and renaming classes: what goes, what stays, what may come in its place."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from helpers import link
from helpers.streams import samples
from helpers.tiny import deep_model
from tinycl_rt.config import Config
from tinycl_rt.kernels.numpy import core as numpy_kernels
from tinycl_rt.learner import Learner
from tinycl_rt.model.loader import Model
from tinycl_rt.predictor import Predictor
from tinycl_rt.replay import Replay
from tinycl_rt.store import weights

from tinycl.experiment.evaluate import predict_latents

NAMES = ["cup", "spoon", "fork", "knife"]
KINDS = {
    "mean": Config(classes=4, head=1),
    "lda": Config(classes=4),
    "cwr": Config(classes=4, head=0, replay_slots=12, replay_batch=2),
    "naive": Config(classes=4, head=0, method=1, replay_slots=0),
    "tail": Config(classes=4, depth=1, replay_slots=12, replay_batch=2, tail_margin=1),
}


def taught(config: Config, opened: bool = False) -> Learner:
    learner = Learner(Model(deep_model()), config, numpy_kernels)
    learner.set_names(NAMES)
    for e in range(2):
        learner.begin()
        learn(learner, 2 * e, 40)
        if not (e and opened):
            learner.end()
    return learner


def learn(learner: Learner, first: int, n: int) -> None:
    """Samples of two classes, from `first` on."""
    for pixels, label in samples(learner.model, n, 2, seed=first):
        learner.learn(pixels, NAMES[first + label])


def predicted(learner: Learner, training: bool = False) -> set[int]:
    rng = np.random.default_rng(1)
    size = learner.model.input_bytes
    strange = [rng.integers(0, 256, size, np.uint8).tobytes() for _ in range(60)]
    some = [x for seed in (0, 2) for x, _ in samples(learner.model, 30, 2, seed)] + strange
    return {learner.predict(pixels, training) for pixels in some}


@pytest.mark.parametrize("opened", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_of_the_class_is_left(kind: str, opened: bool) -> None:
    learner = taught(KINDS[kind], opened)
    for name in ("spoon", "fork"):
        j = learner.index(name)
        assert learner.head.past[j] or learner.head.cur[j]
        learner.forget(name)
        head, d = learner.head, learner.model.features
        rows = [head.cw, head.tw if head.replays else head.sums]
        assert not any(any(block[j * d : (j + 1) * d]) for block in rows)
        assert not head.past[j] and not head.cur[j] and learner.names[j] == ""
        assert head.replays or not any(head.fits[j :: head.classes])
        assert j not in learner.replay.labels[: learner.replay.count]
        assert not learner.replay.sizes[j] and not learner.replay.seen[j]
        with pytest.raises(ValueError, match=f"no class is named '{name}'"):
            learner.forget(name)
    assert learner.corrections == 2 and learner.names == ["cup", "", "", "knife"]
    for training in (False, True):
        assert predicted(learner, training) <= {0, 3}
    other = Learner(learner.model, kernels=numpy_kernels)
    other.restore(learner.dump())
    assert (other.corrections, other.fingerprint()) == (2, learner.fingerprint())
    learner.learn(samples(learner.model, 1)[0][0], "plate")  # the first index that is free
    assert learner.names[1] == "plate"
    learner.end()
    assert predicted(learner) <= {0, 1, 3}


@pytest.mark.parametrize("kind", ["mean", "lda", "cwr", "naive"])
def test_a_class_that_is_taught_again_is_learned_anew(kind: str) -> None:
    images, labels = link.samples(120)
    learner = link.clean_run(link.hand_made_model(), images, labels, KINDS[kind])
    learner.forget(3)
    learner.begin()
    for image, label in zip(images, labels, strict=True):
        learner.learn(image.tobytes(), int(label))
    learner.end()
    assert learner.names[3] == "" and learner.head.past[3] == (labels == 3).sum()
    right = [learner.predict(image.tobytes()) for image in images] == labels
    assert right.mean() > 0.9


def test_class_means_are_those_of_a_learner_that_never_saw_the_class() -> None:
    one = taught(KINDS["mean"])
    one.forget("knife")
    other = Learner(one.model, KINDS["mean"], numpy_kernels)
    other.set_names(NAMES)
    other.begin()
    learn(other, 0, 40)
    other.end()
    other.begin()
    for pixels, label in samples(one.model, 40, 2, seed=2):
        if label == 0:
            other.learn(pixels, "fork")
    other.end()
    for left, right in ((one.head.cw, other.head.cw), (one.head.bias, other.head.bias)):
        assert left == right
    assert one.head.sums == other.head.sums and one.head.past == other.head.past


@pytest.mark.parametrize("kind", ["mean", "lda"])
def test_a_correction_counts_at_once(kind: str) -> None:
    """What weights are made of changes with each sample: after a wrong one they are made anew."""
    images, labels = link.samples(150, classes=(0, 1, 2))
    labels[::7] = (labels[::7] + 1) % 3  # a few that no head expects
    learner = Learner(Model(link.hand_made_model()), KINDS[kind], numpy_kernels)
    other = Learner(learner.model, KINDS[kind], numpy_kernels)
    corrected, head = 0, learner.head
    for i, (image, label) in enumerate(zip(images, labels, strict=True), 1):
        learner.predict(image.tobytes())  # has no part in what is learned
        best = learner.learn(image.tobytes(), int(label))
        assert best == other.learn(image.tobytes(), int(label))
        assert learner.fingerprint() == other.fingerprint()
        if best != label and i & (i - 1) and i & 63:
            corrected += 1
            weights, bias = head.cw[:], head.bias[:]
            head.refresh()
            assert (head.cw, head.bias) == (weights, bias)
    assert corrected > 1
    last = images[0].copy()
    last[:] = 255
    assert learner.predict(last.tobytes()) != 3
    learner.learn(last.tobytes(), 3)
    assert learner.predict(last.tobytes()) == 3


@pytest.mark.parametrize("kind", KINDS)
def test_all_classes_forgotten(kind: str) -> None:
    learner = taught(KINDS[kind], opened=True)
    for name in NAMES:
        learner.forget(name)
    learner.end()
    assert learner.names == [""] * 4 and not any(learner.head.past)
    learn(learner, 1, 40)
    learner.end()
    assert sorted(learner.names) == ["", "", "fork", "spoon"]
    assert predicted(learner) <= {0, 1}


@pytest.mark.parametrize("kind", KINDS)
def test_many_predictions_at_once_and_saved_ones_leave_the_class_out_too(kind: str) -> None:
    learner = taught(KINDS[kind])
    learner.forget("cup")
    learner.forget("knife")
    rng = np.random.default_rng(3)
    some = rng.integers(0, 256, (80, learner.model.input_bytes), np.uint8)
    one_by_one = [learner.predict(pixels.tobytes()) for pixels in some]
    assert set(one_by_one) <= {1, 2}
    shape = (-1, learner.latent_bytes)
    latents = [bytes(learner.backbone.run(pixels.tobytes())) for pixels in some]
    together = np.frombuffer(b"".join(latents), np.uint8).reshape(shape)
    first = learner.model.operators[learner.tail.first if learner.tail else -1]
    h, w, _ = learner.model.tensors[first.source].shape
    found = predict_latents(learner, together.reshape(len(some), h, w, -1))
    assert found.tolist() == one_by_one
    if not learner.tail:
        predictor = Predictor(learner.model, numpy_kernels)
        weights.load(predictor, BytesIO(learner.dump()))
        assert [predictor.predict(pixels.tobytes()) for pixels in some] == one_by_one
        assert predictor.names == ["", "spoon", "fork", ""]


def test_renaming() -> None:
    learner = taught(KINDS["lda"])
    before = learner.predict(bytes(learner.model.input_bytes))
    learner.rename("cup", "mug")
    learner.rename(1, "ladle")
    learner.rename("fork", "fork")
    assert learner.names == ["mug", "ladle", "fork", "knife"] and learner.corrections == 3
    assert learner.predict(bytes(learner.model.input_bytes)) == before
    for label, name, wrong in (
        ("mug", "knife", "class 3 is named 'knife' already"),
        ("cup", "glass", "no class is named 'cup'"),
        (4, "glass", "expected a class between 0 and 3, got 4"),
        ("mug", "", "expected a name for class 0"),
        ("mug", "m" * 25, "longer than 24 bytes"),
    ):
        with pytest.raises(ValueError, match=wrong):
            learner.rename(label, name)
    with pytest.raises(ValueError, match="expected a class between 0 and 3, got -1"):
        learner.forget(-1)
    assert learner.names == ["mug", "ladle", "fork", "knife"] and learner.corrections == 3


@pytest.mark.parametrize("policy", range(4))
@pytest.mark.parametrize("n", [7, 12, 31])
def test_replay_memory_keeps_the_others_in_order(policy: int, n: int) -> None:
    """Latents say which sample they are; one class in three is forgotten in the middle."""
    config = Config(classes=3, head=0, replay_slots=12, policy=policy)
    learner = Learner(Model(deep_model()), config, numpy_kernels)
    replay: Replay = learner.replay
    size = replay.latent_bytes

    def offer(numbers: range, *labels: int) -> None:
        for i in numbers:
            replay.offer(bytes((i,)) * size, labels[i % len(labels)])

    def held() -> list[int]:
        kept = range(replay.count)
        assert all(set(replay.latent(i)) == {replay.latent(i)[0]} for i in kept)
        return [replay.latent(i)[0] for i in kept]

    offer(range(n), 0, 1, 2)
    replay.begin(1)
    offer(range(n, n + 5), 0, 1, 2)
    before = held()
    learner.forget(1)
    after = held()
    assert sorted(after) == sorted(i for i in before if i % 3 != 1)
    labels = replay.labels[: replay.count]
    assert list(labels) == [i % 3 for i in after] and set(after) != set(before)
    assert replay.sizes.tolist() == [labels.count(j) for j in range(3)]
    fresh = [replay.fresh[i] for i in range(replay.count)]
    assert fresh == [int(i >= n) for i in after] and replay.seen[4] == sum(fresh)
    if policy == 3:
        assert after == sorted(after)
    offer(range(40, 40 + 12 - replay.count), 0, 2)  # free slots are filled first
    assert replay.count == 12 and held()[: len(after)] == after
    if policy == 3:
        for i in range(100, 124):
            oldest = min(held())
            replay.offer(bytes((i,)) * size, 0)
            assert oldest not in held() and i in held()
