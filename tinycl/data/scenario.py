"""Class-incremental scenarios: which samples a board meets, and in which order.

A scenario cuts the training set into *experiences*, the words of the continual-learning
literature (Lomonaco and Maltoni, CORe50, 1705.03550): ``nc`` brings new classes, ``nic`` new
instances and new classes. ``taught`` repeats what a person taught (``tinycl page``).

>>> from tinycl.data import load
>>> digits = load("digits")
>>> [experience.classes for experience in build(digits, "nc:2,first=4", seed=0)]
[(0, 1, 2, 3), (4, 5), (6, 7), (8, 9)]
>>> [experience.new_classes for experience in build(digits, "nic:3,first=6", seed=0)]
[(0, 1, 2, 3, 4, 5), (6, 7), (8, 9)]
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinycl.data.dataset import Dataset
from tinycl.exceptions import DataError

__all__ = [
    "Experience",
    "Scenario",
    "build",
    "left_out",
    "parse_scenario",
    "stream",
    "test_indices",
]

_SCENARIO = re.compile(r"(nc|nic):([0-9]{1,6})(?: *, *first=([0-9]{1,6}))?")
_TAUGHT = "taught"
_ORDERS = ("natural", "random")

# One generator for each purpose, so that a limit does not change the class order, and so on.
_FOR_CLASSES, _FOR_SAMPLES, _FOR_STREAM, _FOR_UNKNOWN = range(4)


@dataclass(frozen=True)
class Scenario:
    """A scenario, read but not yet applied to a data set.

    Attributes
    ----------
    kind : str
        ``"nc"``, ``"nic"`` or ``"taught"``.
    size : int
        Classes per experience (nc), or number of experiences (nic).
    first : int or None
        Classes in experience 0; None for as many as in the others.
    """

    kind: str
    size: int
    first: int | None = None

    def __str__(self) -> str:
        if self.kind == _TAUGHT:
            return _TAUGHT
        return f"{self.kind}:{self.size}" + (f",first={self.first}" if self.first else "")


@dataclass(frozen=True, eq=False)
class Experience:
    """One part of the stream.

    Attributes
    ----------
    number : int
        Its place, from 0.
    classes : tuple of int
        Classes that it brings samples of, ascending.
    new_classes : tuple of int
        Those of them that no earlier experience had.
    indices : int64 array (samples,)
        Rows of ``x_train``, in the order of the stream.
    """

    number: int
    classes: tuple[int, ...]
    new_classes: tuple[int, ...]
    indices: NDArray[np.int64]


def parse_scenario(text: str) -> Scenario:
    """Read ``nc:CLASSES[,first=CLASSES]``, ``nic:EXPERIENCES[,first=CLASSES]`` or ``taught``.

    >>> parse_scenario("nc:1,first=5")
    Scenario(kind='nc', size=1, first=5)

    Raises
    ------
    DataError
        If `text` is none of them.
    """
    if text.strip() == _TAUGHT:
        return Scenario(_TAUGHT, 0)
    found = _SCENARIO.fullmatch(text.strip())
    if not found or int(found[2]) < 1 or (found[3] and int(found[3]) < 1):
        raise DataError(
            f"{text!r} is not a scenario; expected nc:CLASSES_PER_EXPERIENCE or nic:EXPERIENCES, "
            "from 1, then optionally ,first=CLASSES_IN_THE_FIRST, such as nc:1,first=5; or taught"
        )
    return Scenario(found[1], int(found[2]), int(found[3]) if found[3] else None)


def build(
    dataset: Dataset,
    scenario: str | Scenario,
    seed: int,
    order: str = "natural",
    limit: int | None = None,
    epochs: int = 1,
    without: int = 0,
) -> list[Experience]:
    """Cut the training set of `dataset` into experiences.

    ``nc:K``: each experience brings all samples of K classes that are new; the last may bring
    fewer. ``nic:N``: N experiences; each class appears first in one of them, evenly spread, and
    its samples are dealt evenly from there to the last experience. ``taught``: the experiences of
    the data set, sample by sample as they were taught.

    Parameters
    ----------
    seed : int
        Decides which samples `limit` keeps, their order, and the class order if random.
    order : {"natural", "random"}
        Whether classes appear by label or in an order drawn from `seed`.
    limit : int, optional
        Most samples of a class.
    epochs : int
        How often an experience repeats its samples, each time in another order.
    without : int
        Classes, chosen by `seed`, that no experience brings: see `left_out`.

    Returns
    -------
    list of Experience
        The same for the same arguments, on every machine.

    Raises
    ------
    DataError
        If the scenario does not fit the data set, or an argument is out of range.
    """
    scenario = parse_scenario(scenario) if isinstance(scenario, str) else scenario
    _check(seed, order, limit, epochs)
    if scenario.kind == _TAUGHT:
        return _as_taught(dataset, (order, limit, epochs, without))
    present = np.setdiff1d(dataset.y_train, left_out(dataset, without, seed))
    if scenario.first and scenario.first > len(present):
        raise DataError(
            f"{scenario} wants {scenario.first} classes first; {dataset.name} has {len(present)}"
        )
    if scenario.kind == "nic" and scenario.size > len(dataset.y_train):
        raise DataError(f"{scenario} wants more experiences than {dataset.name} has samples")
    if order == "random":
        present = _generator(seed, _FOR_CLASSES).permutation(present)
    debuts = _debuts(len(present), scenario)
    last = max(debuts) if scenario.kind == "nc" else scenario.size - 1
    parts: list[list[NDArray[np.int64]]] = [[] for _ in range(last + 1)]
    for label, debut in zip(present.tolist(), debuts, strict=True):
        members = np.flatnonzero(dataset.y_train == label)
        members = _generator(seed, _FOR_SAMPLES, label).permutation(members)[:limit]
        until = debut if scenario.kind == "nc" else last
        for number, part in enumerate(np.array_split(members, until - debut + 1), start=debut):
            parts[number].append(part)
    experiences, seen = [], set[int]()
    for number, part in enumerate(parts):
        samples = np.concatenate(part) if part else np.empty(0, np.int64)
        if not len(samples):
            raise DataError(
                f"{scenario} leaves experience {number} without samples; take fewer experiences "
                "or more samples per class"
            )
        rng = _generator(seed, _FOR_STREAM, number)
        indices = np.concatenate([rng.permutation(samples) for _ in range(epochs)])
        classes = tuple(np.unique(dataset.y_train[samples]).tolist())
        new = tuple(label for label in classes if label not in seen)
        seen.update(new)
        experiences.append(Experience(number, classes, new, indices))
    return experiences


def left_out(dataset: Dataset, n: int, seed: int) -> NDArray[np.int64]:
    """Classes that a seed leaves out of teaching, ascending; DataError: fewer than 2 stay."""
    present = np.unique(dataset.y_train)
    if n and not 0 < n <= len(present) - 2:
        raise DataError(
            f"--unknown {n} of the {len(present)} classes of {dataset.name}: 2 or more must be "
            f"taught, so expected 0 to {max(0, len(present) - 2)}"
        )
    chosen = _generator(seed, _FOR_UNKNOWN).permutation(present)[:n]
    return np.sort(chosen).astype(np.int64)


def stream(experiences: Iterable[Experience]) -> Iterator[tuple[Experience, int, int]]:
    """Yield (experience, position in it, row of ``x_train``) for each sample of the stream.

    >>> one = Experience(0, (3,), (3,), np.array([7, 5]))
    >>> [(position, index) for _, position, index in stream([one])]
    [(0, 7), (1, 5)]
    """
    for experience in experiences:
        for position, index in enumerate(experience.indices.tolist()):
            yield experience, position, index


def test_indices(dataset: Dataset, classes: Iterable[int]) -> NDArray[np.int64]:
    """Return the rows of ``x_test`` that belong to some classes, ascending."""
    return np.flatnonzero(np.isin(dataset.y_test, list(classes)))


test_indices.__test__ = False  # type: ignore[attr-defined]  # pytest: a helper, not a test


def _as_taught(dataset: Dataset, given: tuple[object, ...]) -> list[Experience]:
    """The experiences that the data set tells of."""
    if dataset.experience is None:
        raise DataError(
            f"{dataset.name} does not tell in which order it was taught: choose another scenario"
        )
    if given != ("natural", None, 1, 0):
        raise DataError("the scenario taught takes all samples once, in the order of teaching")
    experiences, seen = [], set[int]()
    for number in np.unique(dataset.experience).tolist():
        indices = np.flatnonzero(dataset.experience == number)
        classes = tuple(np.unique(dataset.y_train[indices]).tolist())
        new = tuple(label for label in classes if label not in seen)
        seen.update(new)
        experiences.append(Experience(number, classes, new, indices))
    return experiences


def _debuts(classes: int, scenario: Scenario) -> list[int]:
    """Return the experience in which each class, by its place in the order, appears first."""
    if scenario.kind == "nc":
        first = scenario.first or scenario.size
        return [max(0, -(-(place + 1 - first) // scenario.size)) for place in range(classes)]
    first = scenario.first or -(-classes // scenario.size)
    later, rest = scenario.size - 1, max(1, classes - first)
    if first < classes and not later:
        raise DataError(f"{scenario} has no experience for the other {classes - first} classes")
    return [
        0 if place < first else 1 + (place - first) * later // rest for place in range(classes)
    ]


def _check(seed: int, order: str, limit: int | None, epochs: int) -> None:
    if seed < 0:
        raise DataError(f"the seed is {seed}; expected an integer from 0")
    if order not in _ORDERS:
        raise DataError(f"the class order is {order!r}; expected {' or '.join(_ORDERS)}")
    if limit is not None and limit < 1:
        raise DataError(f"the limit is {limit} samples per class; expected at least 1")
    if epochs < 1:
        raise DataError(f"{epochs} epochs; expected at least 1")


def _generator(*key: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(key)))
