"""Emulated boards: processes with a port, a flash folder, and a plug that can be pulled."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, TypeVar

from tinycl.boards import registry
from tinycl.boards.cache import description
from tinycl.exceptions import BoardError

__all__ = ["LAUNCHERS", "CPythonBoard", "EmulatedBoard", "missing", "start"]

_START_SECONDS = 30.0
Self = TypeVar("Self", bound="EmulatedBoard")

# Board name: "module:class" of an EmulatedBoard, imported when it is asked for.
LAUNCHERS: dict[str, str] = {
    "cortex-m3": "tinycl.boards.micropython:CortexM3",
    "cortex-m0": "tinycl.boards.micropython:CortexM0",
    "rv32": "tinycl.boards.micropython:Rv32",
    "circuitpython": "tinycl.boards.micropython:CircuitPythonBoard",
    "cpython": "tinycl.boards.emulated:CPythonBoard",
    "unix": "tinycl.boards.micropython:UnixBoard",
}


class EmulatedBoard:
    """A process that behaves like a board behind a port. Subclasses say how it is started.

    Parameters
    ----------
    flash : Path, optional
        Folder with model.tcm and the saved state; by default one of its own, removed at the end.

    Attributes
    ----------
    flash : Path
    port : str
        What ``tinycl.link.connect`` takes; the same after ``restart``.
    """

    name = ""

    def __init__(self, flash: Path | None = None) -> None:
        self._home = tempfile.TemporaryDirectory(prefix="tinycl-board-")
        self.home = Path(self._home.name)
        self.flash = Path(flash) if flash is not None else self.home / "flash"
        self.flash.mkdir(parents=True, exist_ok=True)
        self.port = str(self.home / "port")
        self._process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        """Return the command line of the process."""
        raise NotImplementedError

    def environment(self) -> dict[str, str]:
        """Return the environment of the process."""
        return dict(os.environ)

    def launch(self, log: BinaryIO) -> subprocess.Popen[bytes]:
        """Start the process; what it says goes to `log`."""
        return subprocess.Popen(
            self.command(),
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C of a terminal is for the host
        )

    def is_ready(self) -> bool:
        """Whether the port can be opened."""
        return Path(self.port).exists()

    def start(self: Self) -> Self:
        """Start the process and wait for its port.

        Raises
        ------
        BoardError
            It ended, or its port did not come; with its last words.
        """
        if self.is_running:
            return self
        Path(self.port).unlink(missing_ok=True)
        log = self.home / "log.txt"
        with log.open("wb") as out:
            self._process = self.launch(out)
        deadline = time.monotonic() + _START_SECONDS
        try:
            while not self.is_ready():
                if self._process.poll() is not None or time.monotonic() > deadline:
                    words = log.read_text(errors="replace").strip().splitlines()
                    raise BoardError(
                        f"the emulated board {self.name} does not start: "
                        f"{words[-1] if words else 'it says nothing'}"
                    )
                time.sleep(0.01)
        except BaseException:  # Ctrl-C too: nobody else would end the process
            self.kill()
            raise
        return self

    @property
    def is_running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Process number of the running board."""
        if self._process is None:
            raise BoardError(f"the emulated board {self.name} is not running")
        return self._process.pid

    def kill(self) -> None:
        """Pull the plug: SIGKILL, nothing is saved."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End the process properly; the board saves."""
        self._end(signal.SIGTERM)

    def restart(self) -> None:
        """Pull the plug and put it back."""
        self.kill()
        self.start()

    def close(self) -> None:
        """Stop, and remove what was temporary."""
        self.stop()
        self._home.cleanup()

    def _end(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(number)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None
        Path(self.port).unlink(missing_ok=True)  # the terminal that it names may be another's now

    def __enter__(self: Self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class CPythonBoard(EmulatedBoard):
    """The default board: a process of this Python behind a pseudo-terminal.

    Parameters
    ----------
    flash : Path, optional
    kernels : str
        ``reference``: what a board runs; ``numpy``: the same integers, faster.
    autosave : int
        Samples between saves; 0: only at the end of an experience.
    max_payload, window : int
        Limits that the board names in its hello.
    heap : int
        Largest model in bytes; 0: any.
    uid : str
        Serial number that the board tells.
    """

    name = "cpython"

    def __init__(
        self,
        flash: Path | None = None,
        kernels: str = "reference",
        autosave: int = 64,
        max_payload: int = 4096,
        window: int = 8,
        heap: int = 0,
        uid: str = "cpython",
    ) -> None:
        super().__init__(flash)
        self._options: dict[str, Any] = {
            "--kernels": kernels,
            "--autosave": autosave,
            "--max-payload": max_payload,
            "--window": window,
            "--heap": heap,
            "--uid": uid,
        }

    def command(self) -> list[str]:
        """Return the command line of the process."""
        words = [sys.executable, "-m", "tinycl.boards.cpython_board"]
        words += ["--flash", str(self.flash), "--link", self.port, "--parent", str(os.getpid())]
        for option, value in self._options.items():
            words += [option, str(value)]
        return words


def start(name: str = "cpython", **options: Any) -> EmulatedBoard:
    """Make the emulated board called `name` (not yet running: use ``with``, or ``start()``).

    Parameters
    ----------
    name : str
        See ``tinycl.boards.registry``.
    options
        Of the board's class, such as ``flash``, ``kernels``.

    Raises
    ------
    BoardError
        There is no such board, it is a real one, or it needs programs that are missing.
    """
    board = registry.get(name)
    if board.kind != "emulated":
        raise BoardError(f"{name} is a real board: plug it in and name its port with --port")
    lack = missing(name)
    if lack:
        raise BoardError(f"the emulated board {name} needs {', '.join(lack)}")
    module, _, made_by = LAUNCHERS[name].partition(":")
    maker: Callable[..., EmulatedBoard] = getattr(import_module(module), made_by)
    return maker(**options)


def missing(name: str) -> list[str]:
    """What this computer lacks to start the emulated board `name`; empty when it is ready."""
    board = registry.get(name)
    if not board.needs or description(name).exists():
        return []
    lack = [program for program in board.needs if not shutil.which(program)]
    return [*lack, "building: make boards"]
