"""What stays in the replay memory, and with which chance; all seeds fixed."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tinycl_rt import replay
from tinycl_rt.lib.integers import Rng
from tinycl_rt.replay import POLICIES, Replay

RANDOM, RESERVOIR, BALANCED, RING = range(4)
CLASSES = 5


class Box:
    """A replay memory of 4-byte latents which hold the sample's number, so it can be traced."""

    def __init__(self, slots: int, policy: int, seed: int = 1) -> None:
        self.replay = Replay(slots, 4, CLASSES, policy, Rng(seed))
        self.offered: list[int] = []

    def stream(self, labels: list[int], experience: int | None = None) -> list[int]:
        """Offer samples (in an experience of their own, if given); returns the slots taken."""
        if experience is not None:
            self.replay.begin(experience)
        slots = []
        for label in labels:
            number = len(self.offered)
            self.offered.append(label)
            slots.append(self.replay.offer(number.to_bytes(4, "little"), label))
        return slots

    @property
    def kept(self) -> list[int]:
        """Numbers of the samples in memory, by slot."""
        replay = self.replay
        return [int.from_bytes(replay.latent(i), "little") for i in range(replay.count)]

    def check(self) -> None:
        """What holds after any stream, under any policy."""
        replay = self.replay
        assert replay.count == min(replay.slots, len(self.offered))
        assert len(set(self.kept)) == replay.count
        assert list(replay.labels[: replay.count]) == [self.offered[k] for k in self.kept]
        sizes = Counter(replay.labels[: replay.count])
        assert list(replay.sizes) == [sizes[j] for j in range(CLASSES)]
        before = list(replay.sizes)
        replay.recount()
        assert list(replay.sizes) == before


policies = st.integers(0, len(POLICIES) - 1)
streams = st.lists(st.lists(st.integers(0, CLASSES - 1), max_size=60), min_size=1, max_size=5)


@given(policies, st.integers(0, 30), streams, st.integers(1, 2**32 - 1))
def test_slots_labels_and_sizes_agree(
    policy: int, slots: int, experiences: list[list[int]], seed: int
) -> None:
    box, twin = Box(slots, policy, seed), Box(slots, policy, seed)
    for i, labels in enumerate(experiences):
        taken = box.stream(labels, i)
        if slots:
            box.check()
        assert taken == twin.stream(labels, i)  # the same seed, the same memory
    assert box.replay.bits == twin.replay.bits
    assert box.replay.count <= slots


@given(policies, st.integers(1, 30), streams, st.integers(1, 9))
def test_slots_lie_in_blocks_of_any_size(
    policy: int, slots: int, experiences: list[list[int]], size: int
) -> None:
    box = Box(slots, policy, 7)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(replay, "BLOCK", size)
        cut = Box(slots, policy, 7)
    for i, labels in enumerate(experiences):
        assert box.stream(labels, i) == cut.stream(labels, i)
    whole = cut.replay.count * cut.replay.latent_bytes
    assert cut.replay.bits == box.replay.bits
    assert b"".join(cut.replay.filled()) == bytes(box.replay.bits)[:whole]


@pytest.mark.parametrize("policy", range(4), ids=POLICIES)
def test_no_slots_keep_nothing(policy: int) -> None:
    box = Box(0, policy)
    assert box.stream([0, 1, 2, 0], 0) == [-1] * 4
    assert box.replay.count == 0 and not any(box.replay.seen)


@pytest.mark.parametrize("policy", range(4), ids=POLICIES)
def test_one_slot(policy: int) -> None:
    box = Box(1, policy)
    assert box.stream([3], 0) == [0]
    box.stream([1, 2] * 20)
    box.check()
    assert box.replay.count == 1


@pytest.mark.parametrize("policy", [RANDOM, RESERVOIR, BALANCED], ids=POLICIES[:3])
def test_seeds_differ(policy: int) -> None:
    kept = set()
    for seed in range(1, 6):
        box = Box(10, policy, seed)
        box.stream([0, 1] * 50, 0)
        kept.add(tuple(box.kept))
    assert len(kept) == 5


@given(
    st.integers(1, 40), st.lists(st.integers(1, 50), min_size=1, max_size=6), st.integers(1, 99)
)
def test_random_takes_its_share_of_newcomers(slots: int, sizes: list[int], seed: int) -> None:
    box = Box(slots, RANDOM, seed)
    for i, n in enumerate(sizes):
        before, free = set(box.kept), slots - box.replay.count
        box.stream([i % CLASSES] * n, i)
        newcomers = set(box.kept) - before
        # The paper's h; while slots are still empty, those are filled as well.
        assert len(newcomers) == min(max(slots // (i + 1), free), n)
        assert len(before & set(box.kept)) >= box.replay.count - len(newcomers)
        box.check()


def uniform(hits: np.ndarray, rounds: int, chance: float) -> None:
    """Each of ``hits`` is binomial(rounds, chance): chi-square within 4 deviations."""
    mean, variance = rounds * chance, rounds * chance * (1 - chance)
    chi = float(np.sum((hits - mean) ** 2 / variance))
    assert abs(chi - len(hits)) < 4 * np.sqrt(2 * len(hits)), hits


def test_random_newcomers_and_victims_are_uniform() -> None:
    slots, first, second, rounds = 12, 12, 18, 600
    stayed, came = np.zeros(first), np.zeros(second)
    places = np.zeros(slots)
    for seed in range(1, rounds + 1):
        box = Box(slots, RANDOM, seed)
        box.stream([0] * first, 0)
        box.stream([1] * second, 1)
        for slot, number in enumerate(box.kept):
            if number < first:
                stayed[number] += 1
            else:
                came[number - first] += 1
                places[slot] += 1
    uniform(stayed, rounds, 0.5)
    uniform(came, rounds, 6 / second)
    uniform(places, rounds, 0.5)


def test_reservoir_is_uniform_over_the_whole_stream() -> None:
    slots, n, rounds = 8, 40, 800
    hits = np.zeros(n)
    for seed in range(1, rounds + 1):
        box = Box(slots, RESERVOIR, seed)
        for i in range(4):  # experiences make no difference
            box.stream([i] * 10, i)
        hits[box.kept] += 1
    uniform(hits, rounds, slots / n)


@given(st.integers(CLASSES, 40), st.integers(1, 2**32 - 1))
def test_balanced_classes_share_evenly(slots: int, seed: int) -> None:
    box = Box(slots, BALANCED, seed)
    labels = np.random.default_rng(seed).permutation(list(range(CLASSES)) * 40).tolist()
    box.stream(labels, 0)
    assert max(box.replay.sizes) - min(box.replay.sizes) <= 1


def test_balanced_starves_no_class() -> None:
    # 4 classes one after another, then a flood of the first: a rare class keeps what it has.
    for seed in range(1, 30):
        box = Box(20, BALANCED, seed)
        box.stream([0] * 300, 0)
        box.stream([1] * 5 + [2] * 5, 1)
        box.stream([3] * 300, 2)
        box.stream([0] * 300, 3)
        assert list(box.replay.sizes) == [5, 5, 5, 5, 0]
        box.check()


@pytest.mark.parametrize("stretch", [1, 30], ids=["mixed", "one after the other"])
def test_balanced_is_uniform_within_a_class(stretch: int) -> None:
    slots, n, rounds = 10, 60, 800
    hits = np.zeros(n)
    for seed in range(1, rounds + 1):
        box = Box(slots, BALANCED, seed)
        box.stream([k // stretch % 2 for k in range(n)], 0)
        hits[box.kept] += 1
    uniform(hits, rounds, slots / n)


def test_ring_keeps_the_newest_in_order() -> None:
    box = Box(7, RING)
    taken = box.stream([k % CLASSES for k in range(40)], 0)
    assert taken == [k % 7 for k in range(40)]
    assert sorted(box.kept) == list(range(33, 40))


def test_fresh_marks_the_open_experience() -> None:
    box = Box(6, RING)
    box.stream([0] * 4, 0)
    box.stream([1] * 4, 1)
    assert list(box.replay.fresh) == [1, 1, 0, 0, 1, 1]
