"""Emulated boards that run MicroPython: its unix port, and small processors on QEMU.

``tools/boards/__main__.py`` builds them into the user's cache, together with the runtime that they
run; ``board.json`` there says how a board is started. The process's stdin and stdout are the
board's serial port: see ``tinycl.boards.ports``.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any, BinaryIO

from tinycl.boards import registry
from tinycl.boards.cache import board_folder, description
from tinycl.boards.emulated import OWN_GROUP, EmulatedBoard
from tinycl.boards.ports import TcpBridge, open_pty
from tinycl.exceptions import BoardError

__all__ = ["CircuitPythonBoard", "CortexM0", "CortexM3", "Rv32", "UnixBoard", "bare"]

_PROGRAM = """
from tinycl_rt.service.service import serve
while True:
    serve(max_payload={max_payload}, autosave={autosave})
"""


class MicroPythonBoard(EmulatedBoard):
    """A board that is built. Its flash lies in the folder ``flash``.

    Parameters
    ----------
    flash : Path, optional
    bare : bool
        Without a runtime, as a board comes out of its box: what it runs is what lies in its flash.

    Raises
    ------
    BoardError
        It is not built, or not with this runtime.
    """

    def __init__(self, flash: Path | None = None, bare: bool = False) -> None:
        super().__init__(flash)
        described = board_folder(self.name) / "board.json" if bare else description(self.name)
        if not described.exists():
            raise BoardError(
                f"the board {self.name} is not built{'' if bare else ' with this runtime'}: "
                "run make boards"
            )
        self.about: dict[str, Any] = json.loads(described.read_text())
        self._bridge: TcpBridge | None = None

    def command(self) -> list[str]:
        """Return the command line of the process."""
        return list(self.about["command"])

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


class CortexM3(MicroPythonBoard):
    """MicroPython on QEMU's mps2-an385 with a heap of 144 KiB."""

    name = "cortex-m3"


class CortexM0(MicroPythonBoard):
    """MicroPython on QEMU's microbit with 256 KiB of RAM: the Pico's instruction set."""

    name = "cortex-m0"


class Rv32(MicroPythonBoard):
    """MicroPython on QEMU's 32-bit RISC-V machine."""

    name = "rv32"


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
    """

    name = "unix"

    def __init__(
        self,
        flash: Path | None = None,
        autosave: int = 64,
        max_payload: int = 4096,
        heap: int = 0,
        bare: bool = False,
    ) -> None:
        super().__init__(flash, bare)
        self._bare = bare
        self._heap = ["-X", f"heapsize={heap}"] if heap else []
        self._program = _PROGRAM.format(max_payload=max_payload, autosave=autosave)

    def command(self) -> list[str]:
        """Return the command line of the process."""
        if self._bare:
            repl = Path(__file__).with_name("unix_repl.py")
            return [*super().command(), *self._heap, str(repl), str(self.flash.resolve())]
        return [*super().command(), *self._heap, "-c", self._program]

    def environment(self) -> dict[str, str]:
        """Return the environment: where MicroPython finds tinycl_rt."""
        if self._bare:
            return super().environment()
        return {**os.environ, "MICROPYPATH": str(self.about["lib"])}


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

    name = "circuitpython"

    def __init__(self, flash: Path | None = None, heap: int = 2 * 126_112) -> None:
        super().__init__(flash)
        self._options = ["-X", f"heapsize={heap}"]

    def command(self) -> list[str]:
        """Return the command line of the process."""
        program = f"import _power_up; _power_up.run({str(self.about['lib'])!r})"
        return [*super().command(), *self._options, "-c", program]


def bare(name: str, flash: Path | None = None) -> EmulatedBoard:
    """Make an emulated board with plain firmware: what it runs is what is put into its flash.

    Raises
    ------
    BoardError
        There is no such board, it is a real one, or it is not built.
    """
    if registry.get(name).kind != "emulated":
        raise BoardError(f"{name} is a real board: plug it in and name its port with --port")
    kinds = (CortexM3, CortexM0, Rv32, UnixBoard)
    for kind in kinds:
        if kind.name == name:
            return kind(flash, bare=True)
    names = ", ".join(kind.name for kind in kinds)
    raise BoardError(f"{name} cannot be flashed: it runs this tinycl; boards that can: {names}")
