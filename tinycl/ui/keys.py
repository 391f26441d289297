"""Which key stands for which class."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["ACCEPT", "END", "FORGET", "NEW", "PLAY", "RENAME", "SAVE", "SKIP", "Keys"]

ACCEPT, SKIP, NEW, RENAME, FORGET, PLAY, SAVE, END = "\n", " ", "n", "r", "f", "p", "s", "q"
_ORDER = "123456789abcdeghijklmotuvwxyz"


class Keys:
    """Keys of classes, given away in the order in which the classes come.

    >>> keys = Keys(["cup", "", "spoon"])
    >>> keys.of(2), keys.label("2"), keys.label("x")
    ('2', 2, None)

    Parameters
    ----------
    names : iterable of str
        Of all classes; those without a name have no key.
    """

    def __init__(self, names: Iterable[str]) -> None:
        labels = [label for label, name in enumerate(names) if name]
        self._labels = dict(zip(_ORDER, labels, strict=False))
        self._keys = {label: key for key, label in self._labels.items()}

    def label(self, key: str) -> int | None:
        """Class of a key, if it has one."""
        return self._labels.get(key)

    def of(self, label: int) -> str:
        """Key of a class; "" when there are more classes than keys."""
        return self._keys.get(label, "")
