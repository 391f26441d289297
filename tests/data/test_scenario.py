"""Scenarios: nothing lost, nothing doubled, the same every time."""

import contextlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinycl.data import Dataset, Scenario, build, parse_scenario, stream
from tinycl.data import test_indices as rows_of
from tinycl.exceptions import DataError


def _dataset(counts: list[int]) -> Dataset:
    """Return a set with a given number of samples of each class, in mixed order."""
    y = np.random.default_rng(1).permutation(np.repeat(np.arange(len(counts)), counts))
    x = np.zeros((len(y), 1, 1, 1), np.uint8)
    names = tuple(str(label) for label in range(len(counts)))
    return Dataset("made", x, y.astype(np.int64), x, y.astype(np.int64), names)


TEN = _dataset([12] * 10)
counts = st.lists(st.integers(8, 20), min_size=1, max_size=12)
seeds = st.integers(0, 2**63)
orders = st.sampled_from(["natural", "random"])


@given(counts, st.integers(1, 13), st.integers(1, 13), seeds, orders)
def test_nc_brings_each_sample_once_and_each_class_in_one_experience(
    counts, k, first, seed, order
):
    dataset = _dataset(counts)
    first = min(first, len(counts))
    experiences = build(dataset, f"nc:{k},first={first}", seed, order)
    rows = np.concatenate([experience.indices for experience in experiences])
    assert sorted(rows.tolist()) == list(range(sum(counts)))
    classes = [label for experience in experiences for label in experience.classes]
    assert sorted(classes) == list(range(len(counts)))
    assert len(experiences[0].classes) == first
    assert all(len(experience.classes) == k for experience in experiences[1:-1])
    for number, experience in enumerate(experiences):
        assert experience.number == number
        assert experience.new_classes == experience.classes
        assert set(dataset.y_train[experience.indices]) == set(experience.classes)


@given(counts, st.integers(1, 8), st.one_of(st.none(), st.integers(1, 12)), seeds, orders)
def test_nic_brings_each_sample_once_and_old_classes_again(counts, n, first, seed, order):
    dataset = _dataset(counts)
    if first is not None:
        first = len(counts) if n == 1 else min(first, len(counts))
    scenario = Scenario("nic", n, first)
    experiences = build(dataset, scenario, seed, order)
    assert len(experiences) == n
    rows = np.concatenate([experience.indices for experience in experiences])
    assert sorted(rows.tolist()) == list(range(sum(counts)))
    seen: set[int] = set()
    for experience in experiences:
        assert set(experience.new_classes) == set(experience.classes) - seen
        assert seen <= set(experience.classes)  # every class keeps coming
        seen |= set(experience.classes)
    assert seen == set(range(len(counts)))
    if first is not None:
        assert len(experiences[0].classes) == first


@given(seeds, orders, st.sampled_from(["nc:3", "nic:4", "nc:1,first=5"]), st.integers(1, 3))
def test_the_same_arguments_give_the_same_stream(seed, order, scenario, epochs):
    one = build(TEN, scenario, seed, order, limit=7, epochs=epochs)
    two = build(TEN, scenario, seed, order, limit=7, epochs=epochs)
    for a, b in zip(one, two, strict=True):
        assert a.classes == b.classes
        assert np.array_equal(a.indices, b.indices)


def test_the_stream_of_seed_0_is_what_it_always_was():
    """A changed number here means that published runs can no longer be repeated."""
    experiences = build(TEN, "nc:5", 0, "random", limit=2)
    assert [experience.classes for experience in experiences] == CLASSES_OF_SEED_0
    assert experiences[1].indices.tolist() == ROWS_OF_SEED_0


CLASSES_OF_SEED_0 = [(2, 3, 4, 6, 7), (0, 1, 5, 8, 9)]
ROWS_OF_SEED_0 = [40, 91, 27, 85, 80, 44, 19, 6, 81, 26]


def test_seeds_differ():
    one, two = (build(TEN, "nc:5", seed, "random") for seed in (0, 1))
    assert one[0].classes != two[0].classes
    assert not np.array_equal(*(build(TEN, "nc:10", seed)[0].indices for seed in (0, 1)))


def test_samples_are_shuffled_within_an_experience():
    labels = TEN.y_train[build(TEN, "nc:10", 0)[0].indices]
    assert np.count_nonzero(np.diff(labels)) > 60  # grouped by class it would be 9


def test_natural_order_goes_by_label():
    assert [e.classes for e in build(TEN, "nc:4", 3)] == [(0, 1, 2, 3), (4, 5, 6, 7), (8, 9)]


def test_limit_counts_per_class_and_leaves_the_class_order_alone():
    full, few = build(TEN, "nc:1", 5, "random"), build(TEN, "nc:1", 5, "random", limit=3)
    assert [e.classes for e in full] == [e.classes for e in few]
    assert all(len(e.indices) == 3 for e in few)
    assert all(set(b.indices) <= set(a.indices) for a, b in zip(full, few, strict=True))


def test_epochs_repeat_in_another_order():
    experience = build(TEN, "nc:10", 0, epochs=2)[0]
    first, second = np.split(experience.indices, 2)
    assert sorted(first) == sorted(second) == list(range(120))
    assert not np.array_equal(first, second)


def test_a_subset_only_brings_its_classes():
    experiences = build(TEN.only([2, 5, 7]), "nc:1", 0)
    assert [e.classes for e in experiences] == [(2,), (5,), (7,)]


def test_stream_counts_positions_from_0_in_each_experience():
    experiences = build(TEN, "nc:5", 0, limit=2)
    steps = list(stream(experiences))
    assert [(e.number, position) for e, position, _ in steps] == [
        (number, position) for number in range(2) for position in range(10)
    ]
    assert [index for *_, index in steps[10:]] == experiences[1].indices.tolist()


def test_rows_of_classes():
    rows = rows_of(TEN, [4, 1])
    assert len(rows) == 24
    assert set(TEN.y_test[rows]) == {1, 4}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nc",
        "nc:",
        "nc:0",
        "nc:-1",
        "nc:1.5",
        "ni:2",
        "nc:2,first=0",
        "nc:2,last=1",
        "nc:2,",
        "nc:1 2",
    ],
)
def test_what_is_no_scenario(text):
    with pytest.raises(DataError, match="is not a scenario; expected nc:"):
        parse_scenario(text)


@given(st.text(max_size=20))
def test_any_text_is_a_scenario_or_a_data_error(text):
    with contextlib.suppress(DataError):
        assert parse_scenario(str(parse_scenario(text))) == parse_scenario(text)


@given(
    st.sampled_from(["nc", "nic"]),
    st.integers(1, 10**6 - 1),
    st.none() | st.integers(1, 10**6 - 1),
)
def test_a_scenario_is_read_as_it_is_written(kind, size, first):
    assert parse_scenario(str(Scenario(kind, size, first))) == Scenario(kind, size, first)


@pytest.mark.parametrize(
    ("scenario", "arguments", "answer"),
    [
        ("nc:1,first=11", {}, "wants 11 classes first; made has 10"),
        ("nic:1,first=9", {}, "no experience for the other 1 classes"),
        ("nic:30", {"limit": 2}, "without samples"),
        ("nic:121", {}, "more experiences than made has samples"),
        ("nic:5,first=10", {"limit": 2}, "experience 2 without samples"),
        ("nc:1", {"order": "alphabetical"}, "expected natural or random"),
        ("nc:1", {"limit": 0}, "limit is 0"),
        ("nc:1", {"epochs": 0}, "0 epochs"),
        ("nc:1", {"seed": -1}, "seed is -1"),
    ],
)
def test_what_does_not_fit(scenario, arguments, answer):
    with pytest.raises(DataError, match=answer):
        build(TEN, scenario, **{"seed": 0, **arguments})
