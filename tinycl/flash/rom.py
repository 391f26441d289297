"""ROMFS: code and model lie in memory-mapped flash and take no heap.

The image is made here, with every file at a multiple of four, and written by ``mpremote romfs
deploy``.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tinycl.boards.romfs import romfs_image
from tinycl.exceptions import FlashError, LinkError
from tinycl.flash.plan import PROGRAMS, PlannedFile
from tinycl.flash.repl import Repl

__all__ = ["RomBoard"]

_ROOT = "/rom"
_SECONDS = 300.0


class RomBoard:
    """A board whose runtime and model go into ROMFS; a ``deploy.Target``.

    Parameters
    ----------
    repl : Repl
    files : list of PlannedFile
        As ``plan`` makes them.

    Attributes
    ----------
    files : list of PlannedFile
        The same in their places, with the model that is in ROMFS if no other is in use.

    Raises
    ------
    FlashError
        The firmware has no ROMFS, files of others are in it, or it is too small.
    """

    def __init__(self, repl: Repl, files: list[PlannedFile]) -> None:
        self.name = repl.name
        self._repl = repl
        # Whatever is not written is the board's own matter.
        self.sizes, self.hashes, self.remove = repl.sizes, repl.hashes, repl.remove
        self.room, self.first_line = repl.room, repl.first_line
        if not repl.identity.rom:
            raise FlashError(f"{repl.name}: this firmware has no ROMFS partition")
        there = repl.sizes([_ROOT])
        others = [path for path in there if not _is_ours(path)]
        if others:
            raise FlashError(f"{repl.name}: files of others are in its ROMFS ({others[0]})")
        programs = [file for file in files if file.path.lstrip("/") in PROGRAMS["micropython"]]
        self.files = [_moved(file) for file in files if file not in programs]
        model = f"{_ROOT}/model.tcm"
        is_given = any(file.path == model for file in self.files)
        # The board's model stays; it prefers one on the file system, where the link puts models.
        if model in there and not is_given and not repl.sizes(["/model.tcm"]):
            self.files.append(PlannedFile(model, repl.read(model)))
        self._image = _image(self.files)
        self.files += programs
        if len(self._image) > repl.identity.rom[0]:
            raise FlashError(
                f"{repl.name}: the image has {len(self._image)} bytes, its ROMFS "
                f"{repl.identity.rom[0]}"
            )

    def write(self, files: list[PlannedFile], progress: Callable[[int], None]) -> None:
        """Write the image if one of its files is among `files`, then those outside."""
        outside = [file for file in files if not file.is_in_rom]
        if len(outside) < len(files):
            # While half an image is there nothing must run at power-on.
            outside = [file for file in self.files if not file.is_in_rom]
            self._repl.remove(list(self._repl.sizes([file.path for file in outside])))
            self._repl.close()
            _deploy(self._repl, self._image)
            progress(sum(len(file.data) for file in files if file.is_in_rom))
            self._repl.open()
        self._repl.write(outside, progress)


def _deploy(repl: Repl, image: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "tinycl.romfs"
        file.write_bytes(image)
        words = [sys.executable, "-m", "mpremote", "connect", repl.device, "romfs", "deploy"]
        try:
            ran = subprocess.run(
                [*words, str(file)], capture_output=True, text=True, timeout=_SECONDS
            )
        except subprocess.TimeoutExpired:
            raise LinkError(
                f"{repl.name}: writing the ROMFS does not end: reset the board, and repeat"
            ) from None
    if ran.returncode:
        said = (ran.stderr + ran.stdout).strip().splitlines() or ["no reason given"]
        raise LinkError(
            f"{repl.name}: writing the ROMFS broke off ({said[-1].strip()}): plug the board in "
            "again, and repeat"
        )


def _image(files: list[PlannedFile]) -> bytes:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file in files:
            target = folder / file.path.removeprefix(_ROOT).lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.data)
        return romfs_image(folder)


def _moved(file: PlannedFile) -> PlannedFile:
    # Libraries at the root: sys.path has /rom since ROMFS exists, and /rom/lib only where a port
    # adds it.
    return PlannedFile(_ROOT + file.path.removeprefix("/lib"), file.data)


def _is_ours(path: str) -> bool:
    name = path.removeprefix(_ROOT).lstrip("/").removeprefix("lib/")
    return name.startswith("tinycl_") or name in ("model.tcm", "main.py")
