"""Teach a board one labelled sample at a time, across unplugs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tinycl_rt.learner import NAME_BYTES

from tinycl.exceptions import BoardError, DataError
from tinycl.link.client import BoardClient
from tinycl.link.messages import Answer

__all__ = ["Teacher", "check_names"]


class Teacher:
    """Names, samples and experiences of one sitting.

    An experience opens with the first sample, and a new one with the first sample of a name that
    is new: a board takes names when an experience begins. What was taught since is kept here, so
    that a board which lost it in a power cut learns it again.

    Parameters
    ----------
    client : BoardClient
        A board that has a model.
    names : iterable of str
        Classes to teach besides those that the board has.

    Attributes
    ----------
    names : list of str
        Of all classes of the board; "" where it is free.
    learned : int
        Samples that the board has learned ever.
    answer : Answer or None
        To the last ``predict``.

    Raises
    ------
    DataError
        A name is not valid, or the board has no room for all names.
    """

    def __init__(self, client: BoardClient, names: Iterable[str] = ()) -> None:
        self._client = client
        info = client.hello()
        self.names = client.names()
        self.learned = info.learned
        self.answer: Answer | None = None
        self._kept = client.stats_and_replay()[1]
        self._new: list[int] = []
        self._experience = info.experience
        self._open = info.is_open
        self._base = info.position if info.is_open else 0
        self._begun: tuple[list[int], list[str]] = ([], [])
        self._samples: list[tuple[Any, int]] = []  # from position `_base` of the experience on
        for name in check_names(names):
            if name not in self.names:
                self.add(name)

    @property
    def unsaved(self) -> bool:
        """The board could not save."""
        return self._client.unsaved

    def add(self, name: str) -> int:
        """Give the next free class a name; returns the class.

        Raises
        ------
        DataError
            It is not a name, it is there already, or no class is free.
        """
        name = self._new_name(name)
        for label, taken in enumerate(self.names):
            if not taken and not (label < len(self._kept) and self._kept[label]):
                self.names[label] = name
                self._new.append(label)
                return label
        raise DataError(
            f"the board has room for {len(self.names)} classes, all are taken: begin again with "
            "--reset and more --classes"
        )

    def forget(self, label: int) -> None:
        """Forget a class: what was taught of it, and its name.

        Raises
        ------
        BoardError, LinkError
            As ``BoardClient.forget``.
        """
        if label in self._new:  # the board has not heard of it
            self._new.remove(label)
        else:
            self._settle()
            self._client.forget(label)
            self._kept[label : label + 1] = [0]
        self.names[label] = ""

    def rename(self, label: int, name: str) -> None:
        """Give a class another name; errors are those of ``add`` and ``BoardClient.rename``."""
        name = self._new_name(name)
        if label not in self._new:
            self._settle()
            self._client.rename(label, name)
        self.names[label] = name

    def _new_name(self, name: str) -> str:
        (name,) = check_names([name])
        if name in self.names:
            raise DataError(f"{name} is there already")
        return name

    def _settle(self) -> None:
        """Have all that was taught on the board, and saved where it can save.

        A correction is saved at once, so nothing from before it has to be taught again.
        """

        def save() -> None:
            self._catch_up()
            self._client.try_save()

        self._client.retry(save)
        self._base += len(self._samples)
        self._samples = []

    def predict(self, image: Any) -> int | None:
        """Class that the board gives a sample; None before it has learned any."""
        if not self.learned:
            return None
        self.answer = self._client.retry(lambda: self._client.answer(image, training=True))
        label = self.answer.label
        return label if label < len(self.names) and self.names[label] else None

    def learn(self, image: Any, label: int) -> None:
        """Teach a sample."""
        if self._open and label in self._new:
            self.end()
        if not self._open:
            new, self._new = list(self._new), []
            self._begun = new, [self.names[j] for j in new]
            self._open = True
        self._samples.append((image, label))
        self._client.retry(self._catch_up)
        self.learned += 1

    def save(self) -> None:
        """Make the board save; BoardError with its reason when it cannot."""

        def save() -> None:
            self._catch_up()
            self._client.save()

        self._client.retry(save)

    def end(self) -> None:
        """Consolidate what was learned, and save; nothing when nothing is open."""
        if not self._open:
            return

        def end() -> None:
            if self._client.hello().experience == self._experience + 1:
                return  # it has closed the experience, and the answer was lost
            self._catch_up()
            self._client.end(self._experience, self._base + len(self._samples))

        self._client.retry(end)
        self._experience += 1
        self._open, self._base, self._samples = False, 0, []

    def _catch_up(self) -> None:
        """Teach what the board lacks: the newest sample; after a power cut all that it lost."""
        info = self._client.hello()
        here = info.position if info.is_open else 0
        if info.experience != self._experience or here < self._base:
            raise BoardError(
                f"{self._client.name}: the board came back without what it had learned before "
                "this sitting; restore a backup, or teach it again"
            )
        if self._open and not info.is_open:
            classes, names = self._begun
            self._client.begin(self._experience, classes, 0, names)
        for i, (image, label) in enumerate(self._samples[here - self._base :], here):
            self._client.learn(self._experience, i, image, label)


def check_names(names: Iterable[str]) -> list[str]:
    """Names without the blanks around them.

    Raises
    ------
    DataError
        One is empty, too long for a board, or there twice.
    """
    found = [name.strip() for name in names]
    for name in found:
        if not name or not name.isprintable():
            raise DataError("expected names with commas between them, as in cup,spoon,fork")
        if len(name.encode()) > NAME_BYTES:
            raise DataError(f"the name {name!r} is longer than a board's {NAME_BYTES} bytes")
        if found.count(name) > 1:
            raise DataError(f"the name {name!r} is there twice")
    return found
