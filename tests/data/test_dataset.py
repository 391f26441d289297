"""Named data sets: what they hold, and what is said when they cannot be had."""

import os
from pathlib import Path

import numpy as np
import pytest

from tinycl.data import NAMES, builtin, load
from tinycl.data.dataset import make_dataset
from tinycl.exceptions import DataError

REAL = os.environ.get("TINYCL_DATA")


def test_digits_are_grey_uint8_over_the_whole_range():
    digits = load("digits")
    assert digits.x_train.dtype == digits.x_test.dtype == np.uint8
    assert digits.y_train.dtype == digits.y_test.dtype == np.int64
    assert digits.x_train.shape == (1438, 8, 8, 1)
    assert digits.x_test.shape == (359, 8, 8, 1)
    assert (digits.x_train.min(), digits.x_train.max()) == (0, 255)
    assert len(np.unique(digits.x_train)) == 17
    assert digits.input_shape == (8, 8, 1)
    assert digits.class_names == tuple("0123456789")


def test_digits_split_is_the_same_each_time_and_fair_to_each_class():
    one, two = load("digits"), load("digits")
    assert np.array_equal(one.x_test, two.x_test)
    train, test = np.bincount(one.y_train), np.bincount(one.y_test)
    assert np.all(np.abs(test / (train + test) - 0.2) < 0.01)


def test_split_loses_and_doubles_nothing():
    x = np.arange(100, dtype=np.uint8).reshape(100, 1, 1)
    made = make_dataset("made", (x, np.repeat([0, 1, 2, 1], 25)), None)
    both = np.concatenate([made.x_train, made.x_test]).ravel()
    assert sorted(both.tolist()) == list(range(100))
    labels = np.concatenate([made.y_train, made.y_test])
    assert np.array_equal(labels[np.argsort(both)], np.repeat([0, 1, 2, 1], 25))


def test_only_keeps_labels_and_names():
    some = load("digits").only([7, 2])
    assert set(some.y_train) == set(some.y_test) == {2, 7}
    assert some.num_classes == 10
    assert len(some.x_train) == len(some.y_train)


def test_only_refuses_a_class_that_is_not_there():
    with pytest.raises(DataError, match="0 to 9, not 10"):
        load("digits").only([3, 10])


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("mnits", "did you mean mnist"),
        ("CIFAR-10", "did you mean cifar10"),
        ("imagenet-of-cups", "expected one of digits"),
        ("mine.npz", "write npz:mine.npz"),
        ("npz:", "write npz:PATH"),
        ("npz:nowhere.npz", "no such file: nowhere.npz"),
        ("csv:..", r"\.\. is a folder; expected a file"),
        ("npz:..", r"\.\. is a folder; expected a file"),
        ("csv:nowhere.csv", "no such file: nowhere.csv"),
        ("folder:nowhere", "no such folder: nowhere"),
        ("npz:" + "a" * 5000, "cannot read"),
        ("", "expected one of"),
    ],
)
def test_unknown_names_get_advice(name, answer):
    with pytest.raises(DataError, match=answer):
        load(name)


def test_a_folder_as_name_gets_advice(tmp_path):
    with pytest.raises(DataError, match="write folder:"):
        load(str(tmp_path))


def _encode(images: np.ndarray) -> np.ndarray:
    """Take second differences the way the files of TINYCL_DATA hold them."""
    red, green, blue = np.moveaxis(images, -1, 0)
    planes = np.stack([green, red - green, blue - green])
    rows = np.diff(planes, axis=2, prepend=np.zeros_like(planes[:, :, :1]))
    return np.diff(rows, axis=3, prepend=np.zeros_like(rows[..., :1]))


@pytest.fixture
def small_cifar(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (20, 32, 32, 3), dtype=np.uint8)
    labels = np.repeat(np.arange(10, dtype=np.uint8), 2)
    path = tmp_path / "cifar10.npz"
    np.savez(
        path,
        x_train_gcd=_encode(images),
        y_train=labels,
        x_test_gcd=_encode(images),
        y_test=labels,
    )
    monkeypatch.setenv("TINYCL_DATA", str(tmp_path))
    return path, images


def test_coded_pixels_come_back_exactly(small_cifar):
    _, images = small_cifar
    cifar = load("cifar10")
    assert np.array_equal(cifar.x_train, images)
    assert np.array_equal(cifar.x_test, images)
    assert cifar.class_names[3] == "cat"


def test_a_file_of_tinycl_data_cut_short(small_cifar):
    path, _ = small_cifar
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(DataError, match="not a whole"):
        load("cifar10")


def test_coded_pixels_of_the_wrong_shape(small_cifar):
    path, _ = small_cifar
    np.savez(path, x_train_gcd=np.zeros((2, 4)), x_test=np.zeros(1))
    with pytest.raises(DataError, match=r"expected uint8 \(3, samples"):
        load("cifar10")


def test_tinycl_data_must_be_a_folder(monkeypatch):
    monkeypatch.setenv("TINYCL_DATA", "/nowhere/at/all")
    with pytest.raises(DataError, match="TINYCL_DATA names /nowhere/at/all, not a folder"):
        load("mnist")


class _Unreachable:
    """Stands for tensorflow on a machine without internet."""

    def __getattr__(self, name: str) -> "_Unreachable":
        return self

    def load_data(self) -> None:
        raise Exception("URL fetch failure on https://example.org: no route\nsecond line")


def test_failed_download_names_the_way_out(monkeypatch, tmp_path):
    keras_setup = pytest.importorskip("tinycl.keras")
    monkeypatch.setattr(keras_setup, "import_tensorflow", _Unreachable)
    monkeypatch.setenv("TINYCL_DATA", str(tmp_path))
    with pytest.raises(DataError, match="TINYCL_DATA name a folder that has mnist") as caught:
        load("mnist")
    assert str(caught.value).startswith("cannot download mnist: URL fetch failure on https")
    assert "\n" not in str(caught.value)


def test_names_of_known_sets():
    assert set(builtin.CLASS_NAMES) < set(NAMES)
    known = ("mnist", "fashion_mnist", "cifar10", "cifar100")
    assert [len(builtin.CLASS_NAMES[name]) for name in known] == [10, 10, 10, 100]


@pytest.mark.parametrize(
    ("name", "train", "test"),
    [
        ("mnist", (60_000, 28, 28, 1), (10_000, 28, 28, 1)),
        ("cifar10", (None, 32, 32, 3), (10_000, 32, 32, 3)),
        ("cifar100", (50_000, 32, 32, 3), (10_000, 32, 32, 3)),
    ],
)
def test_real_sets(name, train, test):
    if not REAL:
        pytest.skip("set TINYCL_DATA to a folder with the real data sets to read them here")
    path = Path(REAL) / f"{name}.npz"
    if not path.is_file():
        pytest.skip(f"the folder TINYCL_DATA has no {name}.npz")
    real = load(name)
    assert real.x_train.shape == (train[0] or len(real.x_train), *train[1:])
    assert real.x_test.shape == test
    assert real.x_train.dtype == np.uint8
    # Photographs and scans are smooth: a decoder that is off by anything gives noise.
    steps = np.abs(np.diff(real.x_test[:500].astype(int), axis=2)).mean()
    assert 1 < steps < 30
    with np.load(path) as archive:
        if "classes" in archive:
            assert tuple(archive["classes"]) == real.class_names
