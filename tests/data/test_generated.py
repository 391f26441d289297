"""Generated data sets: repeatable, every class its own."""

import numpy as np
import pytest

from tinycl.data import load
from tinycl.data.motions import CLASSES, LENGTH, generate, to_pixels
from tinycl.data.symbols import SIDE, add_to_digits, draw


def test_a_symbol_is_a_function_of_its_number() -> None:
    np.testing.assert_array_equal(draw(7, 5), draw(7, 5))
    assert draw(7, 5).shape == (5, SIDE, SIDE) and draw(7, 5).dtype == np.uint8
    assert (draw(7, 5) != draw(8, 5)).any()


@pytest.mark.parametrize("label", range(40))
def test_every_drawing_has_ink_and_ground(label: int) -> None:
    x = draw(label, 6)
    share = (x > 127).mean(axis=(1, 2))
    assert (x.max(axis=(1, 2)) == 255).all() and (share > 0.015).all() and (share < 0.5).all()


def test_samples_of_a_symbol_are_alike_and_other_symbols_are_not() -> None:
    """The nearest mean, a poor classifier, finds most of a few classes."""
    parts = [draw(label, 60).reshape(60, -1) / 255 for label in range(8)]
    means = np.array([part[:40].mean(axis=0) for part in parts])
    tests = np.concatenate([part[40:] for part in parts])
    found = ((tests[:, None] - means) ** 2).sum(axis=2).argmin(axis=1)
    assert 0.6 < (found == np.arange(8).repeat(20)).mean() < 1.0


def test_digits_and_symbols_together() -> None:
    names = tuple(str(i) for i in range(10))
    x, y = np.zeros((10, SIDE, SIDE, 1), np.uint8), np.arange(10)
    from tinycl.data import Dataset

    drawn = add_to_digits(Dataset("mnist", x, y, x, y, names))
    assert drawn.num_classes == 110 and drawn.class_names[10] == "symbol 0"
    assert len(drawn.x_train) == 10 + 100 * 300
    np.testing.assert_array_equal(drawn.x_train[10:310, :, :, 0], draw(0, 340)[:300])


def test_letters_are_printed_light_on_dark() -> None:
    letters = load("letters")
    assert letters.input_shape == (SIDE, SIDE, 1) and letters.class_names[0] == "A"
    ink = (letters.x_test > 127).mean(axis=(1, 2, 3))
    assert ink.min() > 0.01 and ink.max() < 0.5
    assert not letters.x_test[:, [0, -1]].mean() > 20  # room around them


def test_motions_are_windows_of_three_axes() -> None:
    motions = load("motions")
    assert motions.input_shape == (LENGTH, 1, 3) and motions.num_classes == 400
    still = np.ptp(motions.x_train.reshape(-1, LENGTH, 3), axis=1).max(axis=1)
    assert np.median(still) > 20  # most move


def test_acceleration_to_pixels() -> None:
    g = np.array([-3, -2, -1, 0, 1, 2, 3])
    assert to_pixels(g).tolist() == [0, 1, 64, 128, 192, 255, 255]


def test_a_gyroscope_turns_as_gravity_does() -> None:
    """Where only rotations move the sensor, the gyroscope's rates tell how gravity changes."""
    motions = load("motions6")
    assert motions.input_shape == (LENGTH, 1, 6) and motions.num_classes == CLASSES
    x = motions.x_train[:, :, 0].astype(np.float64)
    down, turn = (x[..., :3] - 128) / 63.5, np.deg2rad((x[..., 3:] - 128) / 0.128)
    length = np.linalg.norm(down, axis=2)
    calm = (np.abs(length - 1).max(axis=1) < 0.25) & (np.abs(turn).mean(axis=(1, 2)) > 0.5)
    assert calm.sum() > 100
    # A vector at rest turns in the sensor's frame against the sensor: dv/dt = -w x v.
    changed = np.gradient(down[calm], 1 / 50, axis=1)
    wanted = -np.cross(turn[calm], down[calm])
    assert np.corrcoef(changed.ravel(), wanted.ravel())[0, 1] > 0.6


def test_unseen_motions_are_no_class_of_the_training() -> None:
    new = generate(CLASSES, 3, gyroscope=True)
    assert new.shape == (3, LENGTH, 1, 6)
    assert (new != generate(CLASSES - 1, 3, gyroscope=True)).any()
    np.testing.assert_array_equal(new, generate(CLASSES, 3, gyroscope=True))
