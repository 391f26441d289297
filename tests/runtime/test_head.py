"""The integer head agrees with the equations of CWR* in real numbers."""

import math
from array import array
from types import ModuleType

import numpy as np
import numpy.typing as npt
import pytest
from helpers.float_cwr import FloatCwr, consolidated
from helpers.tiny import Sketch, compiled
from hypothesis import given
from hypothesis import strategies as st
from tinycl_rt.config import Config
from tinycl_rt.head import Head, keep_q15
from tinycl_rt.kernels.numpy import core as numpy_kernels
from tinycl_rt.kernels.reference import core as reference
from tinycl_rt.lib.integers import Rng, bits, isqrt
from tinycl_rt.model.loader import Model

from tinycl.compiler.ir import Window
from tinycl.inference import latents

Integers = npt.NDArray[np.int64]
KEEP_ERROR = 4 / 2**15
"""Of ``keep_q15``: square roots carry ten bits behind the point."""


@pytest.fixture(params=[reference, numpy_kernels], ids=["reference", "numpy"])
def kernels(request: pytest.FixtureRequest) -> ModuleType:
    return request.param


def make(kernels: ModuleType, n: int = 4, d: int = 6, top: int = 127, **settings: int) -> Head:
    config = Config(classes=n, **settings)
    return Head(config, d, top, kernels, Rng(config.seed))


def rows(weights: array, n: int) -> Integers:
    return np.array(weights, np.int64).reshape(n, -1)


def put(head: Head, values: Integers) -> None:
    head.x[:] = array("b", values.tolist())


@given(
    st.integers(2, 9),
    st.integers(1, 20),
    st.sampled_from([50, 3000, 32767]),
    st.integers(1, 500),
    st.integers(0, 2**31),
)
def test_consolidation_is_the_equation_of_cwr(
    n: int, d: int, size: int, counts: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    cw, tw = rng.integers(-size, size + 1, (2, n, d))
    past, cur = rng.integers(0, counts + 1, (2, n))
    active = rng.random(n) < 0.6
    cur[active] += 1
    head = make(reference, n, d)
    for target, values in ((head.cw, cw), (head.tw, tw), (head.past, past), (head.cur, cur)):
        target[:] = array(target.typecode, values.ravel().tolist())
    head.active[:] = bytes(active.astype(np.uint8))
    head.end()
    classes = np.flatnonzero(active).tolist()
    expected = consolidated(cw, tw, past, cur, classes) if classes else cw
    # Half a step of rounding, half a step of the average, and the share's own error.
    moved = 0 if not classes else np.abs(cw - (tw - tw[classes].mean()))
    bound = 1 + KEEP_ERROR * moved
    assert np.all(np.abs(rows(head.cw, n) - np.clip(expected, -32767, 32767)) <= bound)
    assert np.array_equal(rows(head.cw, n)[~active], cw[~active])
    assert head.past.tolist() == np.where(active, past + cur, past).tolist()


def test_a_new_class_gets_its_weights_less_the_average(kernels: ModuleType) -> None:
    head = make(kernels)
    head.begin([1, 2])
    head.cur[1], head.cur[2] = 7, 3
    tw = np.arange(24).reshape(4, 6) * 100
    tw[1, 0] += 7  # the average is 1150.58
    head.tw[:] = array("h", tw.ravel().tolist())
    head.end()
    average = (2 * int(tw[1:3].sum()) + 12) // 24  # one number for both rows, half up
    assert average == round(tw[1:3].mean())
    assert np.array_equal(rows(head.cw, 4)[1:3], tw[1:3] - average)
    assert not rows(head.cw, 4)[[0, 3]].any()


def test_equal_counts_give_the_plain_average(kernels: ModuleType) -> None:
    head = make(kernels, n=2, d=4)
    head.cw[:] = array("h", [1000, -2000, 333, 0, 5, 5, 5, 5])
    head.begin([0])
    head.past[0] = head.cur[0] = 40
    head.tw[:4] = array("h", [3000, 100, -3100, 0])  # average 0
    head.end()
    assert head.cw.tolist() == [2000, -950, -1383, 0, 5, 5, 5, 5]  # halves go up


def test_absent_classes_get_gradient_that_is_thrown_away(kernels: ModuleType) -> None:
    head = make(kernels)
    head.cw[18:] = array("h", [900] * 6)  # class 3: not in this experience
    head.begin([0, 1])
    assert rows(head.tw, 4)[3].tolist() == [0] * 6
    put(head, np.array([100, 50, 0, -30, 127, 1]))
    head.cur[0] += 1
    head.step(0)
    tw = rows(head.tw, 4)
    assert np.all(tw[2:, :2] < 0) and np.all(tw[0, :2] > 0)
    head.end()
    assert rows(head.cw, 4)[3].tolist() == [900] * 6
    assert not rows(head.cw, 4)[2].any() and head.past.tolist() == [1, 0, 0, 0]
    head.begin([1])
    assert not rows(head.tw, 4)[[0, 2, 3]].any()


def test_a_recurring_class_goes_on_from_its_row(kernels: ModuleType) -> None:
    head = make(kernels)
    for label in (0, 1, 0):
        head.begin([label])
        assert np.array_equal(rows(head.tw, 4)[label], rows(head.cw, 4)[label])
        put(head, np.array([100, -50, 20, -30, 127, 1]) * (1 - 2 * label))
        for _ in range(5):
            head.step(label)
            head.cur[label] += 1
        head.end()
    assert head.past.tolist() == [10, 5, 0, 0]
    for label in (0, 1):
        put(head, np.array([100, -50, 20, -30, 127, 1]) * (1 - 2 * label))
        assert head.scores(head.cw) == label


def test_a_class_without_samples_is_not_consolidated(kernels: ModuleType) -> None:
    head = make(kernels)
    head.begin([0, 1])
    put(head, np.array([100, 50, 0, -30, 127, 1]))
    head.cur[0] += 1
    head.step(0)
    head.end()
    assert head.past.tolist() == [1, 0, 0, 0] and not rows(head.cw, 4)[1].any()


def test_naive_keeps_all_rows_and_takes_them_as_they_are(kernels: ModuleType) -> None:
    head = make(kernels, method=1)
    for label in (0, 1):
        head.begin([label])
        before = rows(head.tw, 4)
        put(head, np.array([100, 50, 0, -30, 127, 1]))
        head.step(label)
        head.cur[label] += 1
        head.end()
        assert head.cw == head.tw
        assert not np.array_equal(before, rows(head.tw, 4)) and rows(head.tw, 4)[3].any()
    assert head.past.tolist() == [1, 1, 0, 0]


def test_ties_go_to_the_first_class(kernels: ModuleType) -> None:
    head = make(kernels)
    put(head, np.ones(6, np.int64))
    assert head.scores(head.cw) == 0
    head.cw[6:18] = array("h", [2000] * 12)
    assert head.scores(head.cw) == 1
    assert head.acc[1] == head.acc[2] > head.acc[0]


@pytest.mark.parametrize("stochastic", [0, 1])
@pytest.mark.parametrize("qb", [8, 12, 16])
def test_weights_saturate_at_their_bits(kernels: ModuleType, qb: int, stochastic: int) -> None:
    head = make(kernels, n=2, qb=qb, qf=min(8, qb), lr_shift=0, stochastic=stochastic)
    put(head, np.array([127, -127, 127, -127, 1, 0]))
    head.begin([0, 1])
    for i in range(400):
        head.tw[0] = -(2 ** (qb - 1)) + 1 if i % 2 else head.tw[0]  # keep the error large
        head.step(i // 200)
        assert max(abs(v) for v in head.tw) <= 2 ** (qb - 1) - 1


@given(st.integers(0, 2**53))
def test_isqrt_and_bits(n: int) -> None:
    assert isqrt(n) == math.isqrt(n)
    assert bits(n) == n.bit_length()


@given(st.integers(0, 2**32 - 1), st.integers(1, 2**32 - 1))
def test_keep_is_the_square_roots_share(past: int, cur: int) -> None:
    exact = math.sqrt(past) / (math.sqrt(past) + math.sqrt(cur))
    assert abs(keep_q15(past, cur) / 2**15 - exact) <= KEEP_ERROR
    assert keep_q15(0, cur) == 0 and keep_q15(cur, cur) == 2**14


@pytest.fixture(scope="module")
def latents_of_digits() -> tuple[Integers, Integers, int]:
    """Handwritten digits as a random binary network's features, their classes, their range."""
    digits = pytest.importorskip("sklearn.datasets").load_digits()
    pixels = (digits.images * 15).astype(np.uint8)[..., None]
    sketch = Sketch((8, 8, 1), np.random.default_rng(0))
    sketch.conv8(16, Window(3, 3), same=True)
    sketch.bconv(24, Window(3, 3), same=True, pad=1)
    model = Model(compiled(sketch.count(4)))
    features = numpy_kernels.batch_sum_pool(model.operators[-1].p, latents(model, pixels))
    return features.astype(np.int64), digits.target, model.feature_range


@pytest.mark.parametrize(
    "settings", [{"lr_shift": 3}, {"lr_shift": 4}, {"lr_shift": 4, "gbits": 6, "stochastic": 1}]
)
def test_as_accurate_as_float32(
    latents_of_digits: tuple[Integers, Integers, int], settings: dict[str, int]
) -> None:
    """Five experiences of two classes, one pass: at most a point lost, on the held-out third."""
    x, y, top = latents_of_digits
    d = x.shape[1]
    gain, rate = 2.0 ** ((bits(d) - 1) // 2), 2.0 ** -settings["lr_shift"]
    found, wanted = [], []
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(len(y))
        train, test = order[:1200], order[1200:]
        head = make(numpy_kernels, 10, d, top, seed=seed + 1, **settings)
        reference = FloatCwr(10, d, gain, rate)
        for first in range(0, 10, 2):
            part = train[(y[train] == first) | (y[train] == first + 1)]
            reference.learn(x[part] / 2 ** bits(top), y[part])
            head.begin([first, first + 1])
            for i in part:
                put(head, x[i])
                head.cur[int(y[i])] += 1
                head.step(int(y[i]))
            head.end()
        wanted.append(np.mean(reference.predict(x[test]) == y[test]))
        guesses = []
        for i in test:
            put(head, x[i])
            guesses.append(head.scores(head.cw))
        found.append(np.mean(guesses == y[test]))
    assert np.mean(wanted) > 0.75
    assert np.mean(found) >= np.mean(wanted) - 0.01
