"""Emulated boards that run MicroPython: its unix port, and small processors on QEMU.

``python -m tools.boards`` builds them into the user's cache, together with the runtime that they
run. The process's stdin and stdout are the board's serial port: see ``tinycl.boards.ports``.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any, BinaryIO

from tinycl.boards.cache import description
from tinycl.boards.emulated import OWN_GROUP, EmulatedBoard
from tinycl.boards.ports import TcpBridge, open_pty
from tinycl.boards.registry import get
from tinycl.boards.romfs import romfs_image
from tinycl.exceptions import BoardError

__all__ = ["CircuitPythonBoard", "MicroPythonBoard", "UnixBoard"]

_REPL = Path(__file__).with_name("unix_repl.py")

_PROGRAM = """
from tinycl_rt.service.service import serve
while True:
    serve(max_payload={max_payload}, autosave={autosave})
"""


class MicroPythonBoard(EmulatedBoard):
    """A board that ``tools.boards`` has built.

    Parameters
    ----------
    name : str
        See ``tinycl.boards.registry``.
    flash : Path, optional
    bare : bool
        Without a runtime, as a board comes out of its box: what it runs is what lies in its flash.
    rom : Path, optional
        Folder with what the board has in its ROM, in place of the runtime that was built with it.
        ``main.py`` in it runs at power-up.

    Raises
    ------
    BoardError
        It is not built, or not with this runtime.
    """

    def __init__(
        self, name: str, flash: Path | None = None, bare: bool = False, rom: Path | None = None
    ) -> None:
        self.name = name
        super().__init__(flash)
        self.machine = get(name)
        runtime = description(name)
        plain = bare or rom is not None
        if not (self.machine.folder / "board.json" if plain else runtime).exists():
            raise BoardError(
                f"the board {name} is not built{'' if plain else ' with this runtime'}: "
                "run make boards"
            )
        self._bridge: TcpBridge | None = None
        self.lib = rom or runtime.parent / "lib"
        self._image: Path | None = None
        if self.machine.romfs and rom is not None:
            self._image = self.home / "rom.img"
            self._image.write_bytes(romfs_image(rom))
        elif self.machine.romfs and not bare:
            self._image = runtime.parent / "rom.img"

    def command(self) -> list[str]:
        """Return the command line of the process."""
        return self.machine.command(self._image)

    def launch(self, log: BinaryIO) -> subprocess.Popen[bytes]:
        """Start the process with the board's end of its port as stdin and stdout."""
        given: dict[str, Any] = {"cwd": self.flash, "env": self.environment(), "stderr": log}
        given |= OWN_GROUP
        if self._tcp:
            pipe = subprocess.PIPE
            process = subprocess.Popen(self.command(), stdin=pipe, stdout=pipe, bufsize=0, **given)
            self._bridge = TcpBridge(self._tcp, process)
            return process
        board, host = open_pty(Path(self.port))
        try:  # the process holds the host's end open, so that hosts may come and go
            return subprocess.Popen(
                self.command(), stdin=board, stdout=board, pass_fds=[host], **given
            )
        finally:
            os.close(board)
            os.close(host)

    def is_ready(self) -> bool:
        """Whether the port can be opened: it was made before the process."""
        return True

    def _hang_up(self) -> None:
        if self._bridge is not None:
            self._bridge.close()
            self._bridge = None


class UnixBoard(MicroPythonBoard):
    """MicroPython's unix port, running ``tinycl_rt`` on a flash folder.

    Parameters
    ----------
    flash : Path, optional
    autosave : int
        Samples between saves; 0: only at the end of an experience.
    max_payload : int
        Largest frame that the board takes.
    heap : int
        Heap of the interpreter in bytes; 0: its default.
    bare : bool
        Without a runtime, with a REPL as boards have it (``unix_repl``).
    rom : Path, optional
        As of ``MicroPythonBoard``.
    """

    def __init__(
        self,
        flash: Path | None = None,
        autosave: int = 64,
        max_payload: int = 4096,
        heap: int = 0,
        bare: bool = False,
        rom: Path | None = None,
    ) -> None:
        super().__init__("unix", flash, bare, rom)
        self._options = ["-X", f"heapsize={heap}"] if heap else []
        if bare:
            self._options += [str(_REPL), str(self.flash.resolve())]
            self.lib = self.flash
        elif rom is not None:
            self._options += [str(rom / "main.py")]
        else:
            self._options += ["-c", _PROGRAM.format(max_payload=max_payload, autosave=autosave)]

    def command(self) -> list[str]:
        """Return the command line of the process."""
        return [*super().command(), *self._options]

    def environment(self) -> dict[str, str]:
        """Return the environment: where MicroPython finds tinycl_rt."""
        return {**os.environ, "MICROPYPATH": str(self.lib)}


class CircuitPythonBoard(MicroPythonBoard):
    """MicroPython configured like CircuitPython; the flash folder stands for its drive.

    Runs boot.py and code.py of the drive, or those that come with the runtime. What they print
    goes to the board's log, since the port is ``usb_cdc.data``.

    Parameters
    ----------
    flash : Path, optional
    heap : int
        Heap of the interpreter in bytes. Pointers have 8 bytes here and 4 on boards, so that the
        default stands for the 126 KB that CircuitPython leaves on a Pico W.
    """

    def __init__(self, flash: Path | None = None, heap: int = 2 * 126_112) -> None:
        super().__init__("circuitpython", flash)
        self._heap = ["-X", f"heapsize={heap}"]

    def command(self) -> list[str]:
        """Return the command line of the process."""
        program = f"import _power_up; _power_up.run({str(self.lib)!r})"
        return [*super().command(), *self._heap, "-c", program]
