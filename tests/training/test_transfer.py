"""Features of a small set beside raw pixels and the zoo's."""

import io
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from tinycl.data import Dataset, load

pytest.importorskip("sklearn")

from tinycl.cli.train import _compare
from tinycl.training.transfer import PIXELS, compare_features


def letters(samples: int) -> Dataset:
    """A to E, some samples a class."""
    dataset = load("letters").only(range(5))
    chosen = [np.flatnonzero(dataset.y_train == c)[:samples] for c in range(5)]
    train = np.concatenate(chosen)
    return replace(
        dataset,
        x_train=dataset.x_train[train],
        y_train=dataset.y_train[train],
        class_names=dataset.class_names[:5],
    )


def test_the_zoo_beats_pixels_on_few_letters() -> None:
    found = compare_features(letters(5))
    assert set(found) == {PIXELS, "grey", "grey2"}
    assert min(found["grey"], found["grey2"]) > found[PIXELS] + 0.1


def test_only_small_sets_are_compared() -> None:
    few = letters(200)
    assert len(few.x_train) == 1000
    more = replace(
        few, x_train=few.x_train[[0, *range(1000)]], y_train=few.y_train[[0, *range(1000)]]
    )
    assert compare_features(more) == {}


@pytest.mark.parametrize(
    ("shape", "names"),
    [
        ((128, 1, 3), {"motion"}),
        ((64, 1, 3), set()),
        ((20, 24, 3), {"colour-s", "colour-s2", "colour-l"}),
    ],
)
def test_images_are_resized_and_signals_are_not(
    shape: tuple[int, int, int], names: set[str]
) -> None:
    if min(shape[:2]) > 1:
        pytest.importorskip("tensorflow")
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 256, (8, *shape), np.uint8), np.arange(8) % 2
    assert set(compare_features(Dataset("noise", x, y, x, y, ("a", "b")))) == {PIXELS, *names}


@pytest.mark.parametrize(
    ("accuracy", "said", "unsaid"),
    [
        (0.5, ["no better than raw pixels", "--model grey"], []),
        (0.7, ["--model grey"], ["no better"]),
        (0.9, ["this backbone"], ["no better", "--model"]),
    ],
)
def test_train_says_when_its_features_are_no_use(
    accuracy: float, said: list[str], unsaid: list[str]
) -> None:
    text = io.StringIO()
    _compare(Console(file=text, width=300), accuracy, {PIXELS: 0.5, "grey": 0.8})
    assert all(words in text.getvalue() for words in said)
    assert not any(words in text.getvalue() for words in unsaid)
