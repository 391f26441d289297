"""Emulated boards: processes with a port, a flash folder, and a plug that can be pulled."""

from __future__ import annotations

import errno
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
from tinycl.boards.ports import free_tcp_port, uses_tcp
from tinycl.exceptions import BoardError

__all__ = ["LAUNCHERS", "OWN_GROUP", "CPythonBoard", "EmulatedBoard", "missing", "start"]

_START_SECONDS = 30.0

OWN_GROUP: dict[str, Any] = {"start_new_session": True}
if sys.platform == "win32":
    OWN_GROUP = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
"""Arguments of ``Popen``: Ctrl-C in the terminal does not reach the board."""

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
        What ``tinycl.link.connect`` takes; the same after ``restart``. A pseudo-terminal, or TCP:
        see ``tinycl.boards.ports``.

    Raises
    ------
    BoardError
        The flash is no folder, and none can be made there; or it is read-only.
    """

    name = ""

    def __init__(self, flash: Path | None = None) -> None:
        self._home = tempfile.TemporaryDirectory(prefix="tinycl-board-")
        self.home = Path(self._home.name)
        self.flash = Path(flash) if flash is not None else self.home / "flash"
        _check_flash(self.flash)
        self._tcp = free_tcp_port() if uses_tcp() else 0
        self.port = f"socket://127.0.0.1:{self._tcp}" if self._tcp else str(self.home / "port")
        self._process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        """Return the command line of the process."""
        raise NotImplementedError

    def environment(self) -> dict[str, str]:
        """Return the environment of the process."""
        return dict(os.environ)

    def launch(self, log: BinaryIO) -> subprocess.Popen[bytes]:
        """Start the process; what it prints beside its port goes to `log`."""
        raise NotImplementedError

    def is_ready(self) -> bool:
        """Whether the port can be opened."""
        raise NotImplementedError

    def start(self: Self) -> Self:
        """Start the process and wait for its port.

        Raises
        ------
        BoardError
            The process ended, or its port did not come; the message ends with its last line.
        """
        if self.is_running:
            return self
        self._unlink()
        with self._log.open("wb") as out:
            self._process = self.launch(out)
        deadline = time.monotonic() + _START_SECONDS
        try:
            while not self.is_ready():
                if self._process.poll() is not None or time.monotonic() > deadline:
                    lines = self._log.read_text(errors="replace").strip().splitlines()
                    raise BoardError(
                        f"the emulated board {self.name} does not start: "
                        f"{lines[-1] if lines else 'it prints nothing'}"
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
        """Pull the plug: the process ends at once, nothing is saved."""
        if self._process is not None:
            self._process.kill()
            self._wait()

    def stop(self) -> None:
        """End the process properly; the board saves."""
        if self._process is not None:
            if sys.platform == "win32":
                self._process.send_signal(signal.CTRL_BREAK_EVENT)
            else:
                self._process.terminate()
            self._wait()

    def restart(self) -> None:
        """Pull the plug and put it back."""
        self.kill()
        self.start()

    def close(self) -> None:
        """Stop, and remove what was temporary."""
        self.stop()
        self._home.cleanup()

    @property
    def _log(self) -> Path:
        return self.home / "log.txt"

    def _wait(self) -> None:
        """Wait for the end of the process, and let go of its pipes and of its port."""
        assert self._process is not None
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._hang_up()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process = None
        self._unlink()  # the terminal that the link names may be another board's now

    def _hang_up(self) -> None:
        """What is to be done when the process has ended, before its pipes are closed."""

    def _unlink(self) -> None:
        if not self._tcp:
            Path(self.port).unlink(missing_ok=True)

    def __enter__(self: Self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _check_flash(folder: Path) -> None:
    """Make the folder; BoardError if that fails or if no file can be written there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        if error.errno != errno.ENOSPC:  # a board copes with flash that is full
            raise BoardError(
                f"{folder} cannot be a board's flash: expected a folder that can be written "
                f"({error.strerror}); name another with --flash"
            ) from None


class CPythonBoard(EmulatedBoard):
    """The default board: a process of this Python.

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
        Serial number that the board reports.
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

    def launch(self, log: BinaryIO) -> subprocess.Popen[bytes]:
        """Start the process, which opens its port itself and ends with this process."""
        return subprocess.Popen(
            self.command(),
            env=self.environment(),
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            **OWN_GROUP,
        )

    def is_ready(self) -> bool:
        """Whether the port can be opened: the process has printed its name."""
        return self.port in self._log.read_text(errors="replace")

    def command(self) -> list[str]:
        """Return the command line of the process."""
        port = ["--tcp", str(self._tcp)] if self._tcp else ["--link", self.port]
        words = [sys.executable, "-m", "tinycl.boards.cpython_board", "--attached", *port]
        words += ["--flash", str(self.flash)]
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
