"""What the duel of bits and int8 counts, and the losses that the trials compare."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from tinycl.data.dataset import make_dataset
from tinycl.models.designs import DESIGNS

tf = pytest.importorskip("tensorflow")

from tools.zoo import duel, losses  # noqa: E402


@pytest.fixture(scope="module")
def separable() -> object:
    return duel.build_separable((32, 32, 3), 100)


def test_bytes_and_macs_are_those_of_the_layers(separable: object) -> None:
    widths = [duel._FIRST, *(width for width, _ in duel._PAIRS)]
    weights = 27 * widths[0] + sum(9 * a + a * b for a, b in pairwise(widths))
    channels = sum(widths) + sum(widths[:-1])
    assert duel.flash(separable) == weights + 9 * channels
    side, macs = 32, 27 * widths[0] * 32**2
    for before, (width, stride) in zip(widths, duel._PAIRS, strict=False):
        side //= stride
        macs += side**2 * (9 * before + before * width)
    assert duel.macs(separable) == macs
    assert duel.activations(separable) == 32**2 * widths[0] + 16**2 * widths[0]


def test_both_are_as_large(separable: object) -> None:
    binary = DESIGNS["colour-s2"][1].flash_bytes
    assert 0.95 * binary < duel.flash(separable) < binary


def test_int8_outputs_are_those_of_the_floats_nearly() -> None:
    layers = tf.keras.layers
    inputs = tf.keras.Input((8, 8, 1))
    x = layers.Flatten()(layers.Conv2D(4, 3)(layers.Rescaling(1 / 64, -2.0)(inputs)))
    model = tf.keras.Model(inputs, x)
    pixels = np.random.default_rng(0).integers(0, 256, (130, 8, 8, 1), np.uint8)
    found = duel.outputs(duel.quantise(model, pixels), pixels)
    floats = model.predict(pixels.astype(np.float32), verbose=0)
    assert found.shape == floats.shape and found.dtype == np.int8
    assert np.corrcoef(found.ravel(), floats.ravel())[0, 1] > 0.999


def test_a_head_learns_int8_features() -> None:
    rng = np.random.default_rng(1)
    means = rng.integers(-90, 90, (4, 64))

    def some(n: int) -> tuple[np.ndarray, np.ndarray]:
        y = np.repeat(np.arange(4), n)
        return np.clip(means[y] + rng.normal(0, 20, (4 * n, 64)), 0, 127).astype(np.int8), y

    (x, y), (x_test, y_test) = some(30), some(20)
    pixels = np.zeros((120, 1, 1, 1), np.uint8), np.zeros((80, 1, 1, 1), np.uint8)
    data = make_dataset("four", (pixels[0], y), (pixels[1], y_test))
    assert duel.learned_later(x, x_test, data, 0) > 0.9
    assert duel.learned_later(x, rng.permutation(x_test), data, 0) < 0.5


def test_losses_are_least_for_features_that_are_apart() -> None:
    target = tf.constant(np.eye(4, dtype=np.float32)[[0, 0, 1, 2]])
    sure = tf.constant(np.eye(4, dtype=np.float32)[[0, 0, 1, 2]] * 0.97 + 0.0075)
    apart = tf.constant(np.eye(8, dtype=np.float32)[[0, 0, 3, 5]])
    mixed = tf.constant(np.eye(8, dtype=np.float32)[[0, 3, 3, 5]])
    assert float(losses.margin(target, sure, apart)) == 0
    even = tf.fill((4, 4), 0.25)
    assert float(losses.margin(target, even, apart)) == pytest.approx(
        0.75
    )  # 1 for each other class
    known = float(losses.cross_entropy(target, sure, apart))
    assert float(losses.orthogonal(target, sure, apart)) == pytest.approx(known, abs=1e-4)
    for loss in (losses.orthogonal, losses.contrastive):
        assert float(loss(target, sure, apart)) < float(loss(target, sure, mixed)) - 0.1
