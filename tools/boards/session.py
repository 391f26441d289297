"""A running QEMU board, driven over its serial port with mpremote."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from tinycl.boards.romfs import romfs_image

from .errors import BoardBuildError
from .machines import Board

__all__ = ["Session"]

_FAULT = 71  # firmware/boards/qemu/main.c


class Session:
    """A QEMU board behind a pseudo-terminal, at its raw REPL.

    Parameters
    ----------
    board : Board
        Any but the unix port.
    folder : Path
        Where the board keeps its flash (``flash.img``).
    rom : Path, optional
        Folder whose files the board finds in ``/rom``, memory-mapped.

    Examples
    --------
    >>> with Session(BOARDS["cortex-m3"], folder) as board:
    ...     on_board.run("print(1 + 1)")
    '2\\n'
    """

    def __init__(self, board: Board, folder: Path, rom: Path | None = None) -> None:
        try:
            from mpremote.transport_serial import SerialTransport
        except ImportError as error:
            raise BoardBuildError("mpremote is missing: pip install mpremote") from error
        stdio, pty = "stdio,id=serial,signal=off", "pty,id=serial"
        command = [pty if word == stdio else word for word in board.command()]
        if rom:
            (folder / "rom.img").write_bytes(romfs_image(rom))
            command += board.with_rom(folder / "rom.img")
        self.process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        port = re.search(r"/dev/\S+", line)
        if port is None:
            raise BoardBuildError(f"{board.name} does not start: {line or 'QEMU ended'}")
        self.port = port.group()
        self.serial = SerialTransport(self.port)
        self.serial.enter_raw_repl(soft_reset=False)

    def run(
        self, code: str, timeout: float = 60, show: Callable[[bytes], None] | None = None
    ) -> str:
        """Run `code`, return what it printed; `timeout` (s) is the longest silence allowed.

        Raises
        ------
        BoardBuildError
            If the code raised on the board; the message is the board's traceback. If the board
            stayed silent or ended; the message says which.
        """
        from mpremote.transport import TransportError

        try:
            out, err = self.serial.exec_raw(code, timeout=timeout, data_consumer=show)
        except (OSError, TransportError) as error:
            raise BoardBuildError(self._what_happened() or f"no answer: {error}") from error
        if err:
            raise BoardBuildError(err.decode(errors="replace").replace("\r\n", "\n"))
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

    def _what_happened(self) -> str:
        """Return in words how the emulator ended; empty when it runs."""
        try:
            status = self.process.wait(1)
        except subprocess.TimeoutExpired:
            return ""
        fault = " (a processor fault)" if status == _FAULT else ""
        return f"the emulator ended with status {status}{fault}"

    def close(self) -> None:
        """End the emulator: pull the plug."""
        with suppress(OSError):  # the terminal goes when the emulator does
            self.serial.close()
        self.process.kill()
        self.process.communicate()

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
