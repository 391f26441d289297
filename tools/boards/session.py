"""Code that runs on an emulated board: over its serial port, with mpremote, or as a program."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tinycl.boards import Board
from tinycl.boards.micropython import MicroPythonBoard
from tinycl.exceptions import BoardError

__all__ = ["Session", "run_code"]

_FAULT = 71  # firmware/boards/qemu/main.c


class Session:
    """A QEMU board at its raw REPL.

    Parameters
    ----------
    board : Board
        One with an emulator.
    folder : Path
        Where the board keeps its flash (``flash.img``).
    rom : Path, optional
        Folder whose files the board finds in ``/rom``, memory-mapped.

    Examples
    --------
    >>> with Session(get("cortex-m3"), folder) as board:
    ...     board.run("print(1 + 1)")
    '2\\n'
    """

    def __init__(self, board: Board, folder: Path, rom: Path | None = None) -> None:
        try:
            from mpremote.transport_serial import SerialTransport
        except ImportError as error:
            raise BoardError("mpremote is missing: pip install mpremote") from error
        self._board = MicroPythonBoard(board.name, folder, bare=True, rom=rom).start()
        # mpremote reads a pseudo-terminal faster when it sees that it is one.
        self.port = os.path.realpath(self._board.port)
        self.serial = SerialTransport(self.port)
        self.serial.enter_raw_repl(soft_reset=False)

    def run(
        self, code: str, timeout: float = 60, show: Callable[[bytes], None] | None = None
    ) -> str:
        """Run `code`, return what it printed; `timeout` (s) is the longest silence allowed.

        Raises
        ------
        BoardError
            If the code raised on the board; the message is the board's traceback. If the board
            stayed silent or ended; the message says which.
        """
        from mpremote.transport import TransportError

        try:
            out, err = self.serial.exec_raw(code, timeout=timeout, data_consumer=show)
        except (OSError, TransportError) as error:
            raise BoardError(self._end() or f"no answer: {error}") from error
        if err:
            raise BoardError(err.decode(errors="replace").replace("\r\n", "\n"))
        return out.decode(errors="replace").replace("\r\n", "\n")

    def copy(self, folder: Path) -> None:
        """Copy what is in `folder` onto the board's flash."""
        for path in sorted(folder.rglob("*")):
            place = "/" + path.relative_to(folder).as_posix()
            if not path.is_dir():
                self.serial.fs_writefile(place, path.read_bytes(), chunk_size=1024)
            elif not self.serial.fs_exists(place):
                self.serial.fs_mkdir(place)

    def soft_reset(self) -> None:
        """Restart the interpreter; the flash stays."""
        self.serial.exit_raw_repl()
        self.serial.enter_raw_repl(soft_reset=True)

    def hard_reset(self) -> None:
        """Restart the machine."""
        self.serial.exec_raw_no_follow("import machine; machine.reset()")
        self.serial.read_until(1, b">>> ")
        self.serial.enter_raw_repl(soft_reset=False)

    def _end(self) -> str:
        """Say how the emulator ended; empty when it runs."""
        try:
            status = self._board.wait(1)
        except subprocess.TimeoutExpired:
            return ""
        fault = " (a processor fault)" if status == _FAULT else ""
        return f"the emulator ended with status {status}{fault}"

    def close(self) -> None:
        """End the emulator: pull the plug."""
        with suppress(OSError):  # the terminal goes when the emulator does
            self.serial.close()
        self._board.kill()
        self._board.close()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def run_code(board: Board, rom: Path, code: str, timeout: float = 60) -> str:
    """Run `code` on a new emulated MicroPython board; return what it printed.

    Parameters
    ----------
    board : Board
    rom : Path
        Folder whose files the board finds: in its ROM, or, on the unix port, on its path.
    code : str
    timeout : float
        Longest silence of a QEMU board, in seconds.

    Raises
    ------
    BoardError
        The code raised on the board; the message is the board's traceback.
    """
    if board.emulator:
        with tempfile.TemporaryDirectory() as name, Session(board, Path(name), rom) as session:
            return session.run(code, timeout)
    ran = subprocess.run(
        [*board.command(), "-c", code],
        cwd=rom,
        env={"MICROPYPATH": f":{rom}:.frozen"},
        capture_output=True,
        text=True,
    )
    if ran.returncode:
        raise BoardError(ran.stderr)
    return ran.stdout
