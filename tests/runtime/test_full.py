"""Full depth: kernel sets agree, the way back is what the equations say, states survive."""

from array import array
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from helpers.streams import learn, samples
from helpers.tiny import deep_model, tiny_model
from tinycl_rt.config import FULL, Config
from tinycl_rt.kernels.numpy import core as numpy_kernels
from tinycl_rt.kernels.reference import core as reference
from tinycl_rt.learner import Learner
from tinycl_rt.lib.integers import Rng
from tinycl_rt.model.loader import Model
from tinycl_rt.trainable.full import Full

from tinycl.compiler.untrained import untrained

Floats = npt.NDArray[np.float64]

SETTINGS = (
    {"replay_batch": 3, "tail_lr": 1, "tail_margin": 9},
    {"replay_batch": 2, "rule": 0, "tail_step": 3, "tail_margin": 5, "thresholds": 1},
    {"replay_batch": 1, "rule": 2, "tail_lr": 1, "tail_decay": 2, "tail_margin": 3},
    {"replay_batch": 4, "wide": 1, "tail_lr": 6, "tail_margin": 2, "thresholds": 1, "gbits": 6},
    {"replay_batch": 2, "rule": 0, "wide": 1, "tail_margin": 2},
)


@pytest.fixture(scope="module")
def deep() -> Model:
    """Padding, a pooling, no padding, 1 x 1."""
    return Model(deep_model())


@pytest.mark.parametrize("given_", SETTINGS, ids=str)
def test_kernel_sets_learn_the_same(deep: Model, given_: dict[str, int]) -> None:
    plain = learn(deep, reference, 2, depth=FULL, **given_)
    assert plain.tail.flips
    assert all(layer.norm[-1] >= 0 for layer in plain.tail.layers)
    other = learn(deep, numpy_kernels, 2, depth=FULL, **given_)
    assert bytes(plain.dump()) == bytes(other.dump())
    assert plain.tail.flips == other.tail.flips


@pytest.mark.parametrize("given_", SETTINGS[1:4], ids=str)
def test_a_restored_learner_goes_on(deep: Model, given_: dict[str, int]) -> None:
    stream = samples(deep, 30, classes=2)
    first = learn(deep, numpy_kernels, 1, depth=FULL, **given_)
    first.begin(1, [0, 1], 20)
    for pixels, label in stream[:7]:
        first.learn(pixels, label)
    second = Learner(deep, Config(), numpy_kernels)
    second.restore(first.dump())
    for learner in first, second:
        for pixels, label in stream[7:20]:
            learner.learn(pixels, label)
        learner.end()
    assert bytes(first.dump()) == bytes(second.dump())
    assert [first.predict(x) for x, _ in stream] == [second.predict(x) for x, _ in stream]


def test_what_a_model_cannot_do_is_refused(deep: Model) -> None:
    for given_, reason in (
        ({"replay_batch": 0}, "replay_batch of at least 1"),
        ({"wide": 1, "tail_lr": 0}, "tail_lr of at least"),
    ):
        with pytest.raises(ValueError, match=reason):
            Learner(deep, Config(depth=FULL, **given_), numpy_kernels)
    large = Model(untrained("binarynet"))
    with pytest.raises(ValueError, match="at most 32767, and a replay_batch below 113"):
        Learner(large, Config(depth=FULL, replay_batch=255), numpy_kernels)


def _full(model: Model, **given_: int) -> Full:
    return Full(model, Config(depth=FULL, **given_), numpy_kernels, Rng(5))


def _signs(bits: Any, n: int, shape: tuple[int, ...]) -> Floats:
    h, w, c = shape
    rows = np.frombuffer(bits, np.uint8).reshape(-1, h, w, (c + 31) // 32 * 4)[:n]
    return 1.0 - 2.0 * np.unpackbits(rows, axis=-1, count=c, bitorder="little").astype(float)


def _windows(x: Floats, p: Any) -> Floats:
    """(n, oh, ow, kh, kw, c), 1 outside where the layer pads."""
    kh, kw, sh, sw, top, left, oh, ow = p[3:11]
    h, w = x.shape[1:3]
    border = ((0, 0), (top, kh), (left, kw), (0, 0))
    x = np.pad(x, border, constant_values=1.0 if p[12] else 0.0)
    found = np.zeros((len(x), oh, ow, kh, kw, x.shape[3]))
    for oy in range(oh):
        for ox in range(ow):
            found[:, oy, ox] = x[:, oy * sh : oy * sh + kh, ox * sw : ox * sw + kw]
    assert h and w
    return found


def _weights(layer: Any) -> Floats:
    p = layer.p
    return _signs(layer.w, p[11], (p[3], p[4], p[2]))


class Chain:
    """The equations in float64, on the bits that the integers went through."""

    def __init__(self, full: Full, n: int) -> None:
        self.full, self.n = full, n
        self.weights = [layer and _weights(layer) for _, layer, _ in full.chain]
        self.x = [_signs(bits[0], n, s) for bits, s in zip(full._bits, full._shapes, strict=True)]

    def forward(self, i: int) -> tuple[Floats, Floats]:
        """Normalised sums of a layer, before beta; psi."""
        p = self.full.chain[i][0]
        y = np.einsum("nabklc,oklc->nabo", _windows(self.x[i], p), self.weights[i])
        psi = np.abs(y - y.mean(axis=(0, 1, 2))).mean(axis=(0, 1, 2))
        return (y - y.mean(axis=(0, 1, 2))) / np.maximum(psi, 1), psi

    def errors(self, i: int, dxn: Floats) -> Floats:
        """Of a layer's sums, from those of its normalised sums."""
        x, psi = self.forward(i)
        v = dxn / np.maximum(psi, 1)
        s = np.where(x < 0, -1.0, 1.0)
        axes = (0, 1, 2)
        return np.asarray(v - v.mean(axis=axes) - s * (v * s).mean(axis=axes))

    def down(self, i: int, dy: Floats) -> Floats:
        """Through an operator to the errors of its input's signs."""
        p, layer, _ = self.full.chain[i]
        kh, kw, sh, sw, top, left, oh, ow = p[3:11]
        n, h, w, c = self.x[i].shape
        d = np.zeros((n, h + top + kh, w + left + kw, c))
        for oy in range(oh):
            for ox in range(ow):
                at = slice(None), slice(oy * sh, oy * sh + kh), slice(ox * sw, ox * sw + kw)
                if layer:
                    d[at] += np.einsum("no,oklc->nklc", dy[:, oy, ox], self.weights[i])
                    continue
                part = self.x[i][at].reshape(n, -1, c)
                first = part.argmax(axis=1)  # the window's maximum
                one = np.eye(part.shape[1])[first].transpose(0, 2, 1)
                d[at] += (one * dy[:, oy, ox, None]).reshape(n, kh, kw, c)
        return d[:, top : top + h, left : left + w]

    def window(self, i: int, errors: Floats) -> Floats:
        """Errors where the straight-through estimator lets them pass."""
        x, _ = self.forward(i)
        beta = np.array(self.full.chain[i][1].norm[: x.shape[-1]]) / 128
        return np.asarray(errors * (np.abs(x + beta) <= 1))


def _cosine(a: Floats, b: Floats) -> float:
    return float((a * b).sum() / np.sqrt((a**2).sum() * (b**2).sum()))


def test_the_way_back_is_that_of_the_equations(deep: Model) -> None:
    n = 12
    full = _full(deep, replay_batch=n - 1, thresholds=1)
    rng = np.random.default_rng(1)
    for layer in full.layers:
        for c in range(layer.p[11]):
            layer.norm[c] = int(rng.integers(-60, 61))
    for b in range(n):
        full.load(b, rng.bytes(full.latent_bytes // 4) * 4)
    x = np.frombuffer(full._bits[0][0], np.uint8).reshape(-1, 4).copy()
    x[:, 0] &= 63  # six channels, whole words
    x[:, 1:] = 0
    full._bits[0][0][:] = x.tobytes()
    full.forward(n)
    chain = Chain(full, n)
    recorded = {}
    original = full._update

    def update(i: int, count: int, layer: Any) -> None:
        recorded[i] = np.array(full._errors[i + 1][0], float)
        original(i, count, layer)

    full._update = update
    top = len(full.chain) - 1
    errors = rng.normal(0, 40, chain.x[-1].shape)
    errors = np.rint(np.clip(chain.window(top, errors), -127, 127))
    full._errors[top + 1][0][:] = array("b", errors.astype(np.int8).tobytes())
    before = [list(layer.norm) for layer in full.layers]
    full.backward(n)
    exact = errors
    for i in range(top, -1, -1):
        layer = full.chain[i][1]
        if layer:
            signs = np.sign(exact.sum(axis=(0, 1, 2))).astype(int)
            moved = np.array(layer.norm) - before.pop()
            agree = (moved[: len(signs)] == -signs).mean()
            assert agree == 1 if i == top else agree > 0.7
            exact = chain.errors(i, exact)
            found = recorded[i].reshape(exact.shape)
            assert _cosine(found, exact) > 0.95
            large = np.abs(exact) > exact.std()
            assert (np.sign(found) == np.sign(exact))[large].mean() > (0.99 if i == top else 0.93)
            assert np.abs(found).max() > 20
        if i:
            exact = chain.down(i, exact)
            if full.chain[i - 1][1]:
                exact = chain.window(i - 1, exact)


def test_forward_bits_are_those_of_the_equations() -> None:
    model = Model(untrained("mlp-small"))
    n = 16
    full = _full(model, replay_batch=n - 1)
    rng = np.random.default_rng(2)
    for b in range(n):
        full.load(b, rng.bytes(full.latent_bytes))
    full.layers[0].norm[0:64] = array("i", [int(v) for v in rng.integers(-99, 99, 64)])
    full.forward(n)
    chain = Chain(full, n)
    for i, layer in enumerate(full.layers):
        x, psi = chain.forward(i)
        z = x + np.array(layer.norm[:64]) / 128
        far = np.abs(z) > 0.02  # Q4 against exact means
        assert ((chain.x[i + 1] < 0) == (z < 0))[far].all()
        assert np.abs(np.array(layer.psi) / 16 - np.maximum(psi, 1)).max() < 0.2
        passes = _signs(full._inside[i][0], n, (1, 1, 64)) < 0
        assert (passes == (np.abs(z) <= 1))[np.abs(np.abs(z) - 1) > 0.02].all()


def test_running_thresholds_come_to_the_batch_statistics() -> None:
    model = Model(untrained("mlp-small"))
    n = 32
    full = _full(model, replay_batch=n - 1)
    rng = np.random.default_rng(3)
    inputs = [rng.bytes(full.latent_bytes) for _ in range(n)]
    for _ in range(80):
        for b, bits in enumerate(inputs):
            full.load(b, bits)
        full.forward(n)
    trained = [bytes(full.top(b)) for b in range(n)]
    alone = [bytes(full.run(bits)) for bits in inputs]
    differ = np.unpackbits(np.frombuffer(b"".join(trained), np.uint8))
    differ ^= np.unpackbits(np.frombuffer(b"".join(alone), np.uint8))
    assert differ.mean() < 0.06  # a sum that equals the mean may fall on either side


def test_the_first_sample_alone_teaches_the_head_only() -> None:
    model = Model(tiny_model())
    learner = Learner(
        model, Config(classes=2, depth=FULL, replay_slots=9, replay_batch=3), numpy_kernels
    )
    pixels, label = samples(model, 1, classes=2)[0]
    before = [bytes(block) for block in learner.tail.blocks()]
    learner.learn(pixels, label)
    assert [bytes(block) for block in learner.tail.blocks()] == before
    assert any(learner.head.tw)


def test_digits_are_learned_from_scratch() -> None:
    from tinycl.data import load

    dataset = load("digits")
    model = Model(untrained("mlp-small"))
    config = Config(classes=10, depth=FULL, method=1, replay_slots=500, replay_batch=15)
    learner = Learner(model, config, numpy_kernels)
    order = np.random.default_rng(0).permutation(len(dataset.x_train))[:500]
    for k in order:
        learner.learn(dataset.x_train[k].tobytes(), int(dataset.y_train[k]))
    learner.end()
    found = [learner.predict(x.tobytes()) for x in dataset.x_test]
    assert np.mean(np.array(found) == dataset.y_test) > 0.72
