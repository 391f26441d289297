"""Emulated boards that run MicroPython: its unix port, and small processors on QEMU.

``tools/build_boards.py`` builds them into the user's cache, together with the runtime that they
run; ``board.json`` there says how a board is started. The process's stdin and stdout are the
board's serial port: the host gets the other end of a pseudo-terminal.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import tty
from pathlib import Path
from typing import Any, BinaryIO

import tinycl_rt

from tinycl.boards.emulated import EmulatedBoard, built
from tinycl.exceptions import BoardError

__all__ = ["CortexM0", "CortexM3", "Rv32", "UnixBoard"]

_PROGRAM = """
from tinycl_rt.service import serve
while True:
    serve(max_payload={max_payload}, autosave={autosave})
"""


class MicroPythonBoard(EmulatedBoard):
    """A built board behind a pseudo-terminal. Its flash lies in the folder ``flash``.

    Raises
    ------
    BoardError
        It is not built yet, or was built with another runtime.
    """

    def __init__(self, flash: Path | None = None) -> None:
        super().__init__(flash)
        description = built(self.name)
        if not description.exists():
            raise BoardError(f"the board {self.name} is not built: run make boards")
        self.about: dict[str, Any] = json.loads(description.read_text())
        if self.about.get("runtime") != _runtime_digest():
            raise BoardError(
                f"the board {self.name} was built with another runtime: run make boards again"
            )

    def command(self) -> list[str]:
        """Return the command line of the process."""
        return list(self.about["command"])

    def launch(self, log: BinaryIO) -> subprocess.Popen[bytes]:
        """Start the process on the board's end of a pseudo-terminal; the port is the other end."""
        master, slave = os.openpty()
        tty.setraw(slave)
        try:
            process = subprocess.Popen(
                self.command(),
                cwd=self.flash,
                env=self.environment(),
                stdin=master,
                stdout=master,
                stderr=log,
                pass_fds=[slave],  # as long as the board lives, so that hosts may come and go
            )
            fresh = self.home / "fresh"
            fresh.symlink_to(os.ttyname(slave))
            fresh.replace(self.port)
        finally:
            os.close(master)
            os.close(slave)
        return process


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
    """

    name = "unix"

    def __init__(
        self,
        flash: Path | None = None,
        autosave: int = 64,
        max_payload: int = 4096,
        heap: int = 0,
    ) -> None:
        super().__init__(flash)
        self._heap = ["-X", f"heapsize={heap}"] if heap else []
        self._program = _PROGRAM.format(max_payload=max_payload, autosave=autosave)

    def command(self) -> list[str]:
        """Return the command line of the process."""
        return [*super().command(), *self._heap, "-c", self._program]

    def environment(self) -> dict[str, str]:
        """Return the environment: where MicroPython finds tinycl_rt."""
        return {**os.environ, "MICROPYPATH": str(self.about["lib"])}


def _runtime_digest() -> str:
    """SHA-256 of the runtime's sources that this package carries, as board.json has it."""
    digest = hashlib.sha256()
    for file in sorted(Path(tinycl_rt.__file__).parent.glob("*.py")):
        if file.name != "kernels_numpy.py":
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()
