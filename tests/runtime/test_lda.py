"""Class means and a shared covariance: what the integers stand for, and what a user may expect."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt
import pytest
from helpers.streams import samples
from sklearn.datasets import load_digits
from tinycl_rt.config import Config
from tinycl_rt.kernels.numpy import core as numpy_kernels
from tinycl_rt.lda import Lda
from tinycl_rt.learner import Learner
from tinycl_rt.model.loader import Model

D, CLASSES, RANGE = 64, 5, 4


def head(**given: int) -> Lda:
    config = Config(**{"classes": CLASSES, "head": 2, "rank": 12, **given})
    made = Lda(config, D, RANGE, numpy_kernels)
    made.begin(())
    return made


def teach(learner: Lda, x: npt.NDArray[np.int8], y: Iterable[int]) -> None:
    for row, label in zip(x, y, strict=True):
        learner.x[:] = array("b", row.tobytes())
        learner.cur[label] += 1
        learner.step(int(label))


def digits(n: int, seed: int = 0) -> tuple[npt.NDArray[np.int8], npt.NDArray[Any]]:
    """n samples a class of scikit-learn's digits 0 to 4, pixels as counts; test ones: seed 9."""
    data = load_digits()
    x = (data.data.astype(int) // 2 - RANGE).astype(np.int8)
    rng = np.random.default_rng(0)
    shuffled = [rng.permutation(np.flatnonzero(data.target == j)) for j in range(CLASSES)]
    parts = [rows[:70] if seed == 9 else rows[70:] for rows in shuffled]
    rng = np.random.default_rng(seed)
    chosen = rng.permutation(np.concatenate([rng.permutation(rows)[:n] for rows in parts]))
    return x[chosen], data.target[chosen]


def logits(learner: Lda, x: npt.NDArray[np.int8]) -> npt.NDArray[np.int64]:
    acc = numpy_kernels.batch_head_forward(
        learner.cw, x, CLASSES, learner.wf_shift, learner.wf_limit
    )
    found: npt.NDArray[np.int64] = acc.astype(np.int64) + np.array(learner.bias)
    return found


def test_weights_solve_the_shrunken_covariance() -> None:
    """Against numpy in float64, from the rows and the ridge that the integers came to."""
    x, y = digits(60)
    learner = head()
    teach(learner, x, y)
    learner.end()
    means = np.array([x[y == j].mean(axis=0) for j in range(CLASSES)])
    means -= means.mean(axis=0)
    rows = np.array(learner.rows, np.float64).reshape(-1, D)
    gram = rows @ rows.T
    roots = np.array(learner._solver.roots, np.float64)
    rho = float(np.mean(roots**2 - np.diag(gram)))
    wanted = means - np.linalg.solve(gram + rho * np.eye(len(gram)), rows @ means.T).T @ rows
    found = np.array(learner.cw, np.float64).reshape(CLASSES, D)
    for one, other in zip(found, wanted, strict=True):
        assert np.corrcoef(one, other)[0, 1] > 0.999


def test_rows_keep_the_covariance() -> None:
    x, y = digits(60)
    learner = head(rank=32)
    teach(learner, x, y)
    scale, folded = learner.numbers[:2]
    rows = np.array(learner.rows, np.float64).reshape(-1, D) * 2.0**-scale
    residuals = x - np.array([x[y == j].mean(axis=0) for j in range(CLASSES)])[y]
    values = np.linalg.eigvalsh(residuals.T @ residuals)[::-1]
    assert folded == len(x) - CLASSES
    assert np.linalg.eigvalsh(rows.T @ rows)[::-1][:6] == pytest.approx(values[:6], rel=0.05)


def test_a_shared_covariance_beats_means() -> None:
    test, truth = digits(70, seed=9)
    right = {}
    for kind in (1, 2):
        learner = head(head=kind, rank=0) if kind == 1 else head()
        teach(learner, *digits(40, seed=2))
        learner.end()
        right[kind] = float((logits(learner, test).argmax(axis=1) == truth).mean())
    assert right[2] > right[1] > 0.9


def test_the_order_of_samples_does_not_matter_to_means() -> None:
    x, y = digits(30)
    states = []
    for order in (np.arange(len(y)), np.argsort(y, kind="stable"), np.argsort(-y)):
        learner = head(head=1, rank=0)
        teach(learner, x[order], y[order])
        learner.end()
        states.append((bytes(learner.cw), bytes(learner.bias), bytes(learner.sums)))
    assert states[0] == states[1] == states[2]


def test_classes_one_after_the_other_are_learned_as_well_as_together() -> None:
    x, y = digits(40)
    test, truth = digits(70, seed=9)
    together, apart = head(), head()
    teach(together, x, y)
    together.end()
    for j in range(CLASSES):
        apart.begin((j,))
        teach(apart, x[y == j], y[y == j])
        apart.end()
    one, two = ((logits(h, test).argmax(axis=1) == truth).mean() for h in (together, apart))
    assert abs(one - two) < 0.02


def test_one_sample_a_class_is_enough_to_begin() -> None:
    x, y = digits(1)
    learner = head()
    teach(learner, x, y)
    learner.end()
    assert (logits(learner, x).argmax(axis=1) == y).all()


def test_a_class_without_samples_is_never_predicted() -> None:
    x, y = digits(20)
    some = y < 3
    learner = head()
    teach(learner, x[some], y[some])
    learner.end()
    assert logits(learner, x).argmax(axis=1).max() < 3


def test_a_class_of_few_samples_beside_classes_of_many() -> None:
    x, y = digits(60)
    few = np.concatenate([np.flatnonzero(y == 0)[:4], np.flatnonzero(y > 0)])
    test, truth = digits(70, seed=9)
    learner = head()
    teach(learner, x[few], y[few])
    learner.end()
    found = logits(learner, test).argmax(axis=1)
    assert (found[truth == 0] == 0).mean() > 0.5
    assert (found[truth > 0] == truth[truth > 0]).mean() > 0.8


def test_counts_near_their_limit_stay_within_32_bits() -> None:
    x, y = digits(20)
    learner = head()
    teach(learner, x, y)
    for j in range(CLASSES):
        learner.past[j] = (1 << 23) - 3
        for i in range(D):
            learner.sums[j * D + i] = -4 * (1 << 23) if i % 2 else 4 * (1 << 23)
    teach(learner, x[:20], y[:20])
    learner.end()
    assert max(map(abs, learner.sums)) <= 4 * ((1 << 23) + 3)
    logits(learner, x)


def test_unknown_samples_are_told_apart() -> None:
    """On the mean of several draws of samples to learn from."""
    test, _ = digits(70, seed=9)
    strange = np.random.default_rng(3).integers(-RANGE, RANGE + 1, (200, D)).astype(np.int8)
    shares = []
    for seed in range(6):
        learner = head()
        teach(learner, *digits(60, seed))
        learner.end()
        for some in (test, strange):
            known = []
            for row in some:
                learner.x[:] = array("b", row.tobytes())
                best = learner.scores(learner.cw)
                assert 0 <= learner.confidence(best) <= 255
                known.append(learner.known(best))
            shares.append(np.mean(known))
    assert np.mean(shares[::2]) > 0.85 and max(shares[1::2]) < 0.05
    learner.tolerance = 0
    assert learner.known(best)


def test_confidence_is_as_often_right() -> None:
    x, y = digits(60)
    learner = head()
    teach(learner, x, y)
    learner.end()
    test, truth = digits(70, seed=9)
    sure, right = [], []
    for row, label in zip(test, truth, strict=True):
        learner.x[:] = array("b", row.tobytes())
        best = learner.scores(learner.cw)
        sure.append(learner.confidence(best) / 255)
        right.append(best == label)
    assert abs(np.mean(sure) - np.mean(right)) < 0.08


def test_a_replay_memory_changes_nothing(tiny: Model) -> None:
    states = []
    for slots in (0, 9):
        learner = Learner(tiny, Config(classes=4, replay_slots=slots), numpy_kernels)
        for pixels, label in samples(tiny, 60):
            learner.learn(pixels, label)
        learner.end()
        states.append([bytes(block) for block in (learner.head.cw, *learner.head.blocks(False))])
    assert states[0] == states[1]


def test_a_name_for_what_is_known_and_none_for_what_is_not(tiny: Model) -> None:
    learner = Learner(tiny, Config(classes=4), numpy_kernels)
    stream = samples(tiny, 120)
    for pixels, label in stream:
        learner.learn(pixels, f"class {label}")
    learner.end()
    names = [learner.predict_name(pixels) for pixels, _ in samples(tiny, 100, seed=0)[:40]]
    assert set(names) <= {None, "class 0", "class 1", "class 2", "class 3"}
    rng = np.random.default_rng(5)
    strange = [rng.integers(0, 256, tiny.input_bytes, np.uint8).tobytes() for _ in range(40)]
    unknown = [learner.predict_name(pixels) for pixels in strange].count(None)
    assert unknown > names.count(None)
    assert None not in [learner.predict_name(pixels, unknown=False) for pixels in strange]


def test_an_open_state_that_names_its_classes_loads(tiny: Model) -> None:
    """As states did before, in a byte a class behind ``cur``; nothing depends on them now."""
    learner = Learner(tiny, Config(classes=4), numpy_kernels)
    for pixels, label in samples(tiny, 30):
        learner.learn(pixels, label)
    state = bytearray(learner.dump())
    at = 64 + 16 + 24 + 2 * 4 * tiny.features + 16  # header, past, seen, cw, cur
    assert state[at : at + 4] == bytes(4)
    state[at : at + 4] = bytes((1, 1, 0, 1))
    state[8:12] = crc32(state[12:]).to_bytes(4, "little")
    other = Learner(tiny, Config(classes=4), numpy_kernels)
    other.restore(bytes(state))
    assert other.fingerprint() == learner.fingerprint()
