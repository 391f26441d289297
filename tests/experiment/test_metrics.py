"""Forgetting and confusion, against what they are by definition."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinycl.exceptions import DataError
from tinycl.experiment.metrics import confusion, forgetting


def test_forgetting_by_hand():
    runs = [{0: 0.9, 1: 0.8}, {0: 1.0, 1: 0.5, 2: 1.0}, {0: 0.7, 1: 0.6, 2: 0.9, 3: 0.1}]
    assert forgetting(runs) == pytest.approx(((1.0 - 0.7) + (0.8 - 0.6) + (1.0 - 0.9)) / 3)


def test_classes_of_the_last_experience_do_not_count():
    assert forgetting([{0: 0.5}, {0: 0.5, 1: 0.0}]) == 0


def test_old_classes_that_got_better_count_against_forgetting():
    assert forgetting([{"0": 0.5}, {"0": 0.75, "1": 1.0}]) == -0.25


@pytest.mark.parametrize("runs", [[], [{0: 0.4}], [{}, {0: 1.0}]])
def test_nothing_to_forget(runs):
    assert forgetting(runs) == 0


def test_a_class_that_is_no_longer_measured():
    with pytest.raises(DataError, match="class 1 has no accuracy"):
        forgetting([{0: 1.0, 1: 1.0}, {0: 1.0}])


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=50))
def test_confusion_counts_each_pair(pairs):
    true, predicted = [a for a, _ in pairs], [b for _, b in pairs]
    counts = confusion(true, predicted, 5)
    assert counts.shape == (5, 5)
    assert counts.dtype == np.int64
    for row in range(5):
        for column in range(5):
            assert counts[row, column] == pairs.count((row, column))


@pytest.mark.parametrize(
    ("true", "predicted", "answer"),
    [([0], [0, 1], "expected"), ([5], [0], "5 to 5"), ([0], [-1], "-1 to -1")],
)
def test_confusion_of_what_is_no_class(true, predicted, answer):
    with pytest.raises(DataError, match=answer):
        confusion(true, predicted, 5)
