"""The numpy trainer agrees with the equations, which are written here again in float64."""

import tracemalloc

import numpy as np
import pytest
from helpers.edge_equations import Reference

from tinycl.edge.trainer import Trainer
from tinycl.edge.trainer.optimizers import Adam, Bop, Sgd, SignAdam, Update
from tinycl.edge.trainer.pool import MaxPool
from tinycl.edge.trainer.saved_activations import Bits
from tinycl.exceptions import DataError, ModelError
from tinycl.models.networks import NETWORKS, Network, conv, dense

MLP = Network("mlp", (5, 5, 1), (dense(24), dense(16), dense(4)))
CNN = Network(
    "cnn", (8, 8, 3), (conv(8, padding="same"), conv(16, pool=2), conv(8), dense(16), dense(3))
)


def data(network: Network, count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    x = random.normal(size=(count, *network.input_shape)).astype(np.float32)
    return x, random.integers(0, network.layers[-1].units, count)


@pytest.mark.parametrize("network", [MLP, CNN], ids=["mlp", "cnn"])
def test_signs_of_gradients_are_those_of_the_equations(network: Network) -> None:
    x, y = data(network, 20)
    trainer = Trainer(network, 20, optimizer="sgd", rate=1e-2, seed=1)
    for number, layer in enumerate(trainer.layers):  # beta other than 0: its sign matters
        layer.norm.beta.values[...] = np.random.default_rng(number).normal(
            0, 0.4, layer.norm.channels
        )
    reference = Reference(network, trainer.state())
    loss = trainer.step(x, y)
    expected = reference.gradients(x, y)
    assert loss == pytest.approx(reference.loss, rel=1e-4)
    for shape in network.shapes():
        velocity = trainer.state()[f"{shape.name}/slot0"]
        ours, theirs = np.sign(velocity), np.where(expected[shape.name] >= 0, 1, -1)
        # float16 and float32 against float64: what is next to zero may differ
        clear = np.abs(expected[shape.name]) > 2e-2 * np.abs(expected[shape.name]).max()
        assert clear.mean() > 0.5
        assert (ours == theirs)[clear].mean() > 0.999, shape.name
        dbeta = trainer.state()[f"{shape.name}/beta slot0"] / 0.1
        assert dbeta == pytest.approx(expected[f"{shape.name}/beta"], abs=2e-3, rel=2e-2)


@pytest.mark.parametrize("method", ["standard", "low-memory"])
@pytest.mark.parametrize("optimizer", ["adam", "sgd", "bop"])
def test_it_learns(method: str, optimizer: str) -> None:
    """Two classes, brighter above or brighter below; new samples of them are told apart."""
    random = np.random.default_rng(0)
    x, y = random.integers(0, 156, (600, 6, 6, 1)), random.integers(0, 2, 600)
    x[y == 0, :3] += 100
    x[y == 1, 3:] += 100
    x = x.astype(np.uint8)
    network = Network("n", (6, 6, 1), (conv(32), dense(64), dense(2)))
    trainer = Trainer(network, 50, method, optimizer, seed=0)
    found = []
    for step in range(150):
        start = step * 50 % 500
        trainer.step(x[start : start + 50], y[start : start + 50])
        if step % 10 == 9:
            found.append((trainer.predict(x[500:]) == y[500:]).mean())
    if (method, optimizer) == ("low-memory", "sgd"):
        # Of a gradient only the sign is kept, so at a constant rate weights go on moving as fast
        # when all is learned, and unlearn it again; when they do depends on the processor.
        assert max(found[:5]) > 0.9
    else:
        assert found[-1] > 0.9


def test_the_same_seed_gives_the_same_bits_and_another_does_not() -> None:
    x, y = data(CNN, 8)
    runs = []
    for seed in (3, 3, 4):
        trainer = Trainer(CNN, 8, seed=seed)
        for _ in range(3):
            trainer.step(x, y)
        runs.append(b"".join(value.tobytes() for value in trainer.state().values()))
    assert runs[0] == runs[1] != runs[2]


@pytest.mark.parametrize("method", ["standard", "low-memory"])
def test_a_restored_state_goes_on_as_if_nothing_had_happened(method: str) -> None:
    x, y = data(CNN, 8)
    first, second = Trainer(CNN, 8, method, seed=1), Trainer(CNN, 8, method, seed=2)
    for _ in range(3):
        first.step(x, y)
    second.restore({name: values.copy() for name, values in first.state().items()})
    assert first.step(x, y) == second.step(x, y)
    assert all((second.state()[name] == values).all() for name, values in first.state().items())
    for other in (Trainer(MLP, 8, method), Trainer(CNN, 8, method, "bop")):
        with pytest.raises(DataError, match="expected"):
            other.restore(first.state())


def test_a_short_batch_is_a_batch() -> None:
    x, y = data(CNN, 6)
    exact, roomy = Trainer(CNN, 6), Trainer(CNN, 32)
    assert exact.step(x, y) == pytest.approx(roomy.step(x, y), rel=1e-5)
    assert exact.logits(x) == pytest.approx(roomy.logits(x), abs=1e-3)


def test_low_memory_takes_a_third() -> None:
    x, y = data(NETWORKS["mlp"], 100)
    peaks = {}
    for method in ("standard", "low-memory"):
        tracemalloc.start()
        trainer = Trainer(NETWORKS["mlp"], 100, method)
        for _ in range(2):
            trainer.step(x, y)
        peaks[method] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        del trainer
    assert peaks["standard"] > 3 * peaks["low-memory"]


def test_bits_come_back() -> None:
    flags = np.random.default_rng(0).random((5, 21)) < 0.5
    bits, out = Bits(5, 21), np.empty((5, 21), np.float32)
    bits.put(0, 2, flags[:2])
    bits.put(2, 5, flags[2:])
    bits.samples(0, 5, out)
    assert (out == np.where(flags, -1, 1)).all()
    bits.columns(16, 21, out[:, 16:])
    assert (out[:, 16:] == np.where(flags, -1, 1)[:, 16:]).all()
    assert bits.packed.nbytes == 15


def test_pooling_gives_the_gradient_to_the_first_of_equals() -> None:
    pool = MaxPool((3, 4, 1), 2, Bits(1, 12))
    x = np.array([[5, 5, 0, 1, 5, 5, 2, 2, 9, 9, 9, 9]], np.float32)
    y, dx = np.empty((1, 2), np.float32), np.full((1, 12), 7, np.float32)
    pool.forward(x, y)
    pool.backward(np.array([[10, 20]], np.float32), dx)
    assert y.tolist() == [[5, 2]]
    assert dx.tolist() == [[10, 0, 0, 0, 0, 0, 20, 0, 0, 0, 0, 0]]


def steps(optimizer, gradients: np.ndarray, w: float, unit: float) -> list[float]:
    """A single weight's way under some gradients."""
    value = np.full(1, w, np.float32)
    slots = [np.zeros(1, np.float32) for _ in optimizer.slots(unit)]
    way = []
    for step, gradient in enumerate(gradients, 1):
        g = np.full(1, gradient, np.float32)
        optimizer.apply(Update(step, value, g, slots, np.empty(1, np.float32), unit))
        way.append(float(value[0]))
    return way


def test_adam_is_adam_and_its_short_form_is_the_same_for_signs() -> None:
    signs = np.sign(np.random.default_rng(0).normal(0.3, 1, 200)) / 12
    m = v = 0.0
    w, expected = 0.1, []
    for step, g in enumerate(signs, 1):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        w -= 1e-3 * (m / (1 - 0.9**step)) / ((v / (1 - 0.999**step)) ** 0.5 + 1e-7)
        expected.append(w)
    assert steps(Adam(), signs, 0.1, 1.0) == pytest.approx(expected, abs=1e-4)
    assert steps(SignAdam(), signs, 0.1, 1 / 12) == pytest.approx(expected, abs=1e-4)


def test_sgd_rolls_on_and_bop_flips_against_the_gradient() -> None:
    assert steps(Sgd(0.1, 0.5), np.array([1, 0, 0]), 0, 1) == pytest.approx([-0.1, -0.15, -0.175])
    assert steps(Bop(0.5, 0.6), np.array([1, 1, 1]), 1, 1) == [1, -1, -1]
    assert steps(Bop(0.5, 0.6), np.array([-1, -1, -1]), 1, 1) == [1, 1, 1]


def test_wrong_settings_and_samples_are_refused() -> None:
    for setting in ({"method": "x"}, {"optimizer": "x"}, {"batch": 0}, {"rate": 0.0}):
        with pytest.raises(ModelError, match="expected"):
            Trainer(MLP, **setting)
    trainer = Trainer(MLP, 4)
    x, y = data(MLP, 4)
    for samples, labels in (
        (x[:, :3], y),
        (x[:2], y),
        (x, y + 4),
        (data(MLP, 5)[0], y),
        (x[:0], y[:0]),
    ):
        with pytest.raises(DataError, match="expected"):
            trainer.step(samples, labels)
