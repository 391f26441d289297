"""What belongs on a board: the runtime, its kernels, the program at power-on, the model."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass
from pathlib import Path

from tinycl.flash.identity import Identity
from tinycl.flash.kernels import Kernels
from tinycl.flash.runtime import runtime_files
from tinycl.packing.sources import runtime_folder

__all__ = ["PROGRAMS", "PlannedFile", "plan", "programs"]

PROGRAMS = {"micropython": ("main.py",), "circuitpython": ("boot.py", "code.py")}
"""Files that firmware runs at power-on."""

# What a board that never learns has of the kernels.
_PREDICTING = ("tinycl_core.mpy", "tinycl_float.mpy")


@dataclass(frozen=True)
class PlannedFile:
    """A file as it is to be on the board.

    Attributes
    ----------
    path : str
        From the board's root.
    data : bytes
    """

    path: str
    data: bytes

    @property
    def is_in_rom(self) -> bool:
        """Whether it lies in ROMFS."""
        return self.path.startswith("/rom/")

    @property
    def sha256(self) -> str:
        """Hash of the content, hex."""
        return hashlib.sha256(self.data).hexdigest()

    def matches(self, found: str) -> bool:
        """Whether a board's hash is this file's: SHA-256, or CRC-32 of one without hashlib."""
        if len(found) == 8:
            return found == f"{zlib.crc32(self.data):08x}"
        return found == self.sha256


def plan(
    board: Identity,
    kernels: Kernels,
    model: bytes | None = None,
    profile: str = "serve",
    state: bytes | None = None,
    sound: bool = False,
) -> list[PlannedFile]:
    """Return all files for a board, in the order in which they are written.

    The program comes last: a board whose plug is pulled halfway stays in its REPL.

    Parameters
    ----------
    board
    kernels
    model
        Compiled model, if one goes with it.
    profile
        ``serve``: answer a host, with the program for it; ``learn`` and ``predict``: for a program
        of the user's own, without the code that it has no use for.
    state
        Learned state that goes with it, for ``predict``.
    sound
        With the sound front end.

    Raises
    ------
    FlashError, MissingExtraError
        A file does not compile, or there is no compiler.
    """
    files = []
    # What is frozen into firmware goes before files: there is no use in copying them.
    is_frozen = "tinycl_rt" in board.builtin
    if not is_frozen:
        arch, viper = board.code if board.mpy else None, kernels.name == "viper"
        packed = runtime_files(profile, arch, viper, sound)
        files += [PlannedFile(f"/lib/tinycl_rt/{path}", data) for path, data in packed.items()]
    for name, module in kernels.modules.items():
        wanted = name in _PREDICTING if profile == "predict" else True
        if name == "tinycl_sound.mpy":
            wanted = sound
        if wanted:
            files.append(PlannedFile(f"/lib/{name}", module.read_bytes()))
    if model is not None:
        files.append(PlannedFile("/model.tcm", model))
    if state is not None:
        files.append(PlannedFile("/state.tcs", state))
    if profile != "serve":
        return files
    return files + [PlannedFile(f"/{p.name}", p.read_bytes()) for p in programs(board.name)]


def programs(interpreter: str) -> list[Path]:
    """The files that run at power-on, of this checkout or of the wheel."""
    checkout = runtime_folder().parent
    shipped = Path(__file__).resolve().parent / "programs"
    return [
        checkout / name if (checkout / name).is_file() else shipped / name
        for name in PROGRAMS[interpreter]
    ]
