"""Brings files onto a board: copies what differs, removes what is in the way, verifies all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from tinycl.exceptions import FlashError
from tinycl.flash.plan import PlannedFile
from tinycl.text import size

__all__ = ["Changes", "Target", "changes", "deploy"]

_TRIES = 2
# The last is what version 0.1 called the first.
_NATIVE = tuple(
    f"tinycl_{name}" for name in ("core", "float", "lda", "tail", "full", "sound", "native")
)


class Target(Protocol):
    """Where files go: a board at its REPL, or a drive."""

    name: str

    def sizes(self, places: list[str]) -> dict[str, int]:
        """Return the files in these files and folders, with their bytes."""

    def hashes(self, paths: list[str]) -> list[str]:
        """Return hashes of files, as ``PlannedFile.matches`` takes; "" if absent."""

    def room(self) -> tuple[int, int]:
        """Return free bytes, and bytes of a block; zeros: not known."""

    def first_line(self, path: str) -> str:
        """Return the first line of a file, "" if absent."""

    def write(self, files: list[PlannedFile], progress: Callable[[int], None]) -> None:
        """Write files, with their folders."""

    def remove(self, paths: list[str]) -> None:
        """Remove files, and the folders that are empty then."""


@dataclass(frozen=True)
class Changes:
    """What is to be done to a board.

    Attributes
    ----------
    files : list of PlannedFile
        All that belong there.
    copy : list of PlannedFile
        Those of them that are missing or differ.
    remove : list of str
        Files in the way: of an earlier version, or found before ours by ``import``.
    needs, free : int
        Bytes, in whole blocks, that copying takes and that the file system has; 0: not known.
    """

    files: list[PlannedFile]
    copy: list[PlannedFile]
    remove: list[str] = field(default_factory=list)
    needs: int = 0
    free: int = 0


def changes(target: Target, files: list[PlannedFile]) -> Changes:
    """Compare a board with what is to be on it.

    Raises
    ------
    FlashError
        There is no room for it.
    """
    found = target.hashes([file.path for file in files])
    copy = [file for file, hash in zip(files, found, strict=True) if not file.matches(hash)]
    ours = {file.path for file in files}
    there = target.sizes(_places(files))
    stale = [path for path in there if path not in ours]
    free, block = target.room()
    block = block or 1
    freed = sum(_blocks(there[path], block) for path in stale)
    # A file that replaces another one takes its new blocks before it gives back the old ones.
    needs, largest = -freed, 0
    for file in copy:
        if file.is_in_rom:  # a partition of its own
            continue
        old = _blocks(there.get(file.path, 0), block)
        needs += _blocks(len(file.data), block) - old
        largest = max(largest, old)
    needs = max(0, needs + largest)
    if free and needs > free:
        raise FlashError(
            f"{target.name}: no room: {size(needs, 'KiB', digits=0)} are to be written and "
            f"{size(free, 'KiB', digits=0)} are free; remove files from the board, or take "
            "a smaller model"
        )
    return Changes(files, copy, stale, needs, free)


def deploy(target: Target, todo: Changes, progress: Callable[[int], None]) -> None:
    """Remove, copy and verify.

    Raises
    ------
    FlashError
        A file is on the board, but not as it was sent.
    LinkError
        The board went away; what is whole stays, so that another call goes on from there.
    """
    if todo.remove:
        target.remove(todo.remove)
    left = todo.copy
    for _ in range(_TRIES):
        target.write(left, progress)
        found = target.hashes([file.path for file in todo.files])
        left = [f for f, hash in zip(todo.files, found, strict=True) if not f.matches(hash)]
        if not left:
            return
    names = ", ".join(file.path for file in left[:3])
    raise FlashError(
        f"{target.name}: {names} arrived damaged, twice: try another cable, without a hub, or "
        "erase the board's file system"
    )


def _places(files: list[PlannedFile]) -> list[str]:
    """Where our files may lie, earlier versions among them: ``import`` takes the first."""
    native = [f"{folder}/{name}.mpy" for folder in ("", "/lib") for name in _NATIVE]
    places = ["/lib/tinycl_rt", "/tinycl_rt", *native]
    if any(file.path == "/rom/model.tcm" for file in files):
        places.append("/model.tcm")
    return places + [f.path for f in files if f.path.count("/") == 1]


def _blocks(size: int, block: int) -> int:
    return -(-size // block) * block
