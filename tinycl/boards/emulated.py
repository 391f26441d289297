"""Emulated boards: processes with a port, a flash folder, and a plug that can be pulled."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from tinycl.boards.ports import free_tcp_port, uses_tcp
from tinycl.exceptions import BoardError
from tinycl.patience import PATIENCE

__all__ = ["OWN_GROUP", "CPythonBoard", "EmulatedBoard"]

_START_SECONDS = 30.0

OWN_GROUP: dict[str, Any] = {"start_new_session": True}
if sys.platform == "win32":
    OWN_GROUP = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
"""Arguments of ``Popen``: Ctrl-C in the terminal does not reach the board."""

Self = TypeVar("Self", bound="EmulatedBoard")


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
    patience : float
        Seconds without an answer after which the board counts as silent, for ``connect``.

    Raises
    ------
    BoardError
        The flash is no folder, and none can be made there; or it is read-only.
    """

    name = ""
    only_tcp = False
    patience = PATIENCE

    def __init__(self, flash: Path | None = None) -> None:
        self._home = tempfile.TemporaryDirectory(prefix="tinycl-board-")
        self.home = Path(self._home.name)
        self.flash = Path(flash) if flash is not None else self.home / "flash"
        _check_flash(self.flash)
        self._tcp = free_tcp_port() if self.only_tcp or uses_tcp() else 0
        self.port = f"socket://127.0.0.1:{self._tcp}" if self._tcp else str(self.home / "port")
        self._process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        """Return the command line of the process."""
        raise NotImplementedError

    def environment(self) -> dict[str, str]:
        """Return the environment of the process."""
        return dict(os.environ)

    def launch(self, log: BinaryIO) -> subprocess.Popen[bytes]:
        """Start the process; what it prints goes to `log`.

        It opens its port itself, prints its name then, and ends with this process.
        """
        return subprocess.Popen(
            self.command(),
            env=self.environment(),
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            **OWN_GROUP,
        )

    def is_ready(self) -> bool:
        """Whether the port can be opened."""
        return self.port in self._log.read_text(errors="replace")

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

    def wait(self, seconds: float) -> int:
        """Wait until the process ends by itself; return its status, or raise TimeoutExpired."""
        if self._process is None:
            raise BoardError(f"the emulated board {self.name} is not running")
        return self._process.wait(seconds)

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

    def __exit__(self, *_: object) -> None:
        self.close()


def _check_flash(folder: Path) -> None:
    """Make the folder; BoardError if that fails or if no file can be written there.

    A board copes with flash that is full, and with its model on flash that is read-only.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        copes = error.errno == errno.ENOSPC
        if error.errno in (errno.EROFS, errno.EACCES):
            with suppress(OSError):
                copes = Path(folder, "model.tcm").is_file()
        if not copes:
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

    def command(self) -> list[str]:
        """Return the command line of the process."""
        port = ["--tcp", str(self._tcp)] if self._tcp else ["--link", self.port]
        words = [sys.executable, "-m", "tinycl.boards.cpython_board", "--attached", *port]
        words += ["--flash", str(self.flash)]
        for option, value in self._options.items():
            words += [option, str(value)]
        return words
