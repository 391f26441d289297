"""Training without TensorFlow: settings, augmentation, batches, pooled features, class lists."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinycl.cli.train import parse_classes
from tinycl.data import load
from tinycl.exceptions import DataError, ModelError
from tinycl.training.augment import Policy, augment, policy_for, views
from tinycl.training.batches import batches
from tinycl.training.settings import make_settings
from tinycl.training.transfer import pooled_features

STILL = Policy(shift=0, rotate=0, zoom=0, brightness=0, contrast=0)


def random_pixels(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)


def test_settings_suit_the_data() -> None:
    digits = load("digits")
    settings = make_settings(digits, classes=[4, 2, 2, 0])
    assert settings.classes == (0, 2, 4)
    assert (settings.views, settings.batch, settings.epochs) == (4, 42, 60)
    every = make_settings(digits)
    assert (every.classes, every.views) == (tuple(range(10)), 1)
    some = np.concatenate([np.flatnonzero(digits.y_train == c)[:50] for c in range(3)])
    few = replace(digits, x_train=digits.x_train[some], y_train=digits.y_train[some])
    small = make_settings(few, classes=range(3))
    assert (small.views, small.batch, small.epochs) == (4, 15, 60)


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"size": "7k"}, ModelError, "choose one of"),
        ({"classes": [0, 10]}, DataError, "not 10"),
        ({"classes": [3]}, DataError, "two classes"),
        ({"classes": []}, DataError, "two classes"),
        ({"epochs": 0}, ModelError, "epochs"),
        ({"batch": 1}, ModelError, "batch"),
        ({"batch": 10**6}, ModelError, "batch"),
        ({"learning_rate": -1.0}, ModelError, "learning rate"),
        ({"learning_rate": float("nan")}, ModelError, "learning rate"),
        ({"views": 3}, ModelError, "views"),
        ({"seed": -1}, ModelError, "seed"),
    ],
)
def test_settings_that_are_refused(arguments: dict, error: type, says: str) -> None:
    with pytest.raises(error, match=says):
        make_settings(load("digits"), **arguments)


def test_still_policy_changes_nothing() -> None:
    x = random_pixels(5, 9, 7, 3)
    np.testing.assert_array_equal(augment(x, STILL, np.random.default_rng(0)), x)


@given(st.integers(0, 2**32 - 1))
def test_augmented_pixels_stay_pixels_and_repeat(seed: int) -> None:
    x = random_pixels(4, 8, 8, 1)
    wild = Policy(shift=0.5, rotate=180, zoom=0.5, flip=True, brightness=200, contrast=3)
    y = augment(x, wild, np.random.default_rng(seed))
    assert y.dtype == np.uint8 and y.shape == x.shape
    np.testing.assert_array_equal(y, augment(x, wild, np.random.default_rng(seed)))


def test_augmentation_moves_by_what_the_policy_says() -> None:
    """A shift of at most one pixel moves a single dot to its neighbours only."""
    x = np.zeros((200, 9, 9, 1), np.uint8)
    x[:, 4, 4] = 200
    policy = Policy(shift=1 / 9, rotate=0, zoom=0, brightness=0, contrast=0)
    y = augment(x, policy, np.random.default_rng(1))
    assert (y != x).any(axis=(1, 2, 3)).all()
    outside = y.copy()
    outside[:, 3:6, 3:6] = 0
    assert outside.max() == 0
    mass = y.astype(int).sum(axis=(1, 2, 3))
    assert abs(mass - 200).max() <= 2


def test_light_augmentation_moves_whole_images_by_whole_pixels() -> None:
    x = np.zeros((300, 16, 16, 1), np.uint8)
    x[:, 8, 8] = 77
    y = augment(x, policy_for("mnist", (16, 16, 1), "light"), np.random.default_rng(2))
    rows, columns = (np.argwhere(y)[:, i] for i in (1, 2))
    assert len(rows) == 300 and set(np.unique(y)) == {0, 77}
    assert set(rows) == set(columns) == set(range(6, 11))


def test_only_what_survives_mirroring_is_mirrored() -> None:
    assert policy_for("cifar10", (32, 32, 3)).flip
    assert not policy_for("digits", (8, 8, 1)).flip
    assert not policy_for("mnist", (28, 28, 1)).flip
    assert policy_for("npz:x.npz", (128, 1, 3)).rotate == 0


def test_views_turn_images_and_reverse_signals() -> None:
    x = random_pixels(4, 6, 6, 2)
    y = views(x, np.arange(4))
    for turn in range(4):
        np.testing.assert_array_equal(y[turn], np.rot90(x[turn], turn))
    signal = random_pixels(2, 12, 1, 3)
    y = views(signal, np.array([0, 1]))
    np.testing.assert_array_equal(y[0], signal[0])
    np.testing.assert_array_equal(y[1], signal[1, ::-1])


def test_batches_depend_on_seed_and_epoch_alone() -> None:
    x, y = random_pixels(50, 6, 6, 1), np.arange(50) % 3

    def stream(seed: int, first_epoch: int = 0) -> list:
        return list(islice(batches(x, y, Policy(), 16, 3, 4, seed, first_epoch), 6))

    whole, resumed, other = stream(1), stream(1, first_epoch=1), stream(2)
    for (a, b), (c, d) in zip(whole[3:], resumed[:3], strict=True):  # 3 batches an epoch
        np.testing.assert_array_equal(a, c)
        np.testing.assert_array_equal(b, d)
    assert (whole[0][0] != other[0][0]).any()
    targets = np.concatenate([b for _, b in whole])
    assert targets.shape[1] == 12 and (targets.sum(axis=1) == 1).all()
    labels = targets.argmax(axis=1)
    assert labels.min() >= 0 and 3 <= labels.max() < 12
    assert whole[0][0].dtype == np.float32 and (whole[0][0] % 1 == 0).all()


@pytest.mark.parametrize("shape", [(3, 4, 4, 32), (2, 5, 7, 3), (2, 8, 1, 4)])
def test_pooled_features_are_sums_over_cells(shape: tuple[int, ...]) -> None:
    latents = np.where(random_pixels(*shape) > 99, 1.0, -1.0).astype(np.float32)
    rows, columns = (4, 1) if shape[2] == 1 else (2, 2)
    height, width = shape[1:3]
    expected = [
        latents[
            :,
            height * i // rows : height * (i + 1) // rows,
            width * j // columns : width * (j + 1) // columns,
        ].sum(axis=(1, 2))
        for i in range(rows)
        for j in range(columns)
    ]
    np.testing.assert_array_equal(pooled_features(latents), np.concatenate(expected, axis=1))


@pytest.mark.parametrize(
    ("text", "numbers"), [("0-4", [0, 1, 2, 3, 4]), ("7, 1", [7, 1]), ("0-1,5", [0, 1, 5])]
)
def test_class_lists(text: str, numbers: list[int]) -> None:
    assert parse_classes(text) == numbers


@pytest.mark.parametrize("text", ["", "a", "1-", "-1", "4-2", "1,,2", "0-999999999"])
def test_class_lists_that_are_none(text: str) -> None:
    with pytest.raises(DataError, match="expected classes such as"):
        parse_classes(text)
