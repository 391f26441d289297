"""What the user wants of a flashing, who is told of it, and what was done."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from tinycl.patience import PATIENCE

__all__ = ["Options", "Report", "Steps"]


@dataclass(frozen=True)
class Options:
    """What the user wants.

    Attributes
    ----------
    model : bytes or None
        A compiled model; None leaves the board the one it has.
    kernels : str
        One of ``tinycl.flash.kernels.CHOICES``.
    native : Path or None
        Folder with native modules; see ``find_native``.
    program : str
        What becomes of a program of the user's own that is where ours goes: ``ask`` (FlashError
        that says so), ``keep``, ``replace``.
    place : str
        ``rom``: runtime and model go into ROMFS, where they take no heap; ``files``: onto the file
        system; ``auto``: into ROMFS where the firmware has one.
    dry_run : bool
        Look and compare, change nothing.
    profile : str
        ``serve``: the board answers a host; ``learn``: a program of the user's own learns and
        predicts; ``predict``: it only predicts. The latter two bring no program.
    state : bytes or None
        Learned state (.tcs), which a board of the profile ``predict`` takes its weights from.
    sound : bool
        With the sound front end.
    patience : float
        Seconds without an answer after which the board counts as silent.
    """

    model: bytes | None = None
    kernels: str = "auto"
    native: Path | None = None
    program: str = "ask"
    place: str = "auto"
    dry_run: bool = False
    profile: str = "serve"
    state: bytes | None = None
    sound: bool = False
    patience: float = PATIENCE


class Steps(Protocol):
    """Who is told what happens."""

    def say(self, text: str) -> None:
        """Show a step."""

    def copying(self, total: int) -> AbstractContextManager[Callable[[int], None]]:
        """Give what is called with the bytes of each piece, of `total` in all."""


@dataclass
class Report:
    """What was done; ``as_dict`` is what ``--json`` writes.

    Attributes
    ----------
    board, firmware : str
        Machine; interpreter and version.
    arch : str
        Architecture of native code on it; empty: none.
    backend : str
        Kernels, in the board's own words where it has been asked.
    files : list of dict
        ``path``, ``bytes``, ``sha256``, ``copied`` of each file that belongs on the board.
    bytes : int
        Bytes of all files.
    copied : int
        Files that were copied, or would be.
    copied_bytes : int
    removed : list of str
    place : str
        ``rom`` or ``files``.
    verified : bool
        Whether the board's hashes of all files were compared with ours.
    serves : bool
        Whether the board was restarted to answer a host.
    said_hello : bool
        Whether it has answered then.
    free_heap : int or None
        Bytes that the board has free with the runtime, and the model, loaded.
    free_flash : int
        Bytes free before.
    model : str
        Fingerprint of the board's model; empty: none.
    dry_run : bool
    """

    board: str
    firmware: str
    arch: str
    backend: str
    files: list[dict[str, Any]] = field(default_factory=list)
    bytes: int = 0
    copied: int = 0
    copied_bytes: int = 0
    removed: list[str] = field(default_factory=list)
    place: str = "files"
    verified: bool = False
    serves: bool = False
    said_hello: bool = False
    free_heap: int | None = None
    free_flash: int = 0
    model: str = ""
    dry_run: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)
