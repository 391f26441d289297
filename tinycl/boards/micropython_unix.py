"""MicroPython's unix port as a board: its stdin and stdout are a pseudo-terminal.

``tools/build_boards.py unix`` builds it into the user's cache; ``board.json`` there says how it is
started.
"""

from __future__ import annotations

import json
import os
import subprocess
import tty
from pathlib import Path
from typing import BinaryIO

import tinycl_rt

from tinycl.boards.emulated import EmulatedBoard, built
from tinycl.exceptions import BoardError

__all__ = ["UnixBoard"]

_PROGRAM = """
from tinycl_rt.service import serve
while True:
    serve(max_payload={max_payload}, autosave={autosave})
"""


class UnixBoard(EmulatedBoard):
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

    Raises
    ------
    BoardError
        It is not built yet.
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
        description = built(self.name)
        if not description.exists():
            raise BoardError("the board unix is not built: python tools/build_boards.py unix")
        self._command: list[str] = json.loads(description.read_text())["command"]
        if heap:
            self._command += ["-X", f"heapsize={heap}"]
        self._program = _PROGRAM.format(max_payload=max_payload, autosave=autosave)

    def command(self) -> list[str]:
        """Return the command line of the process."""
        return [*self._command, "-c", self._program]

    def environment(self) -> dict[str, str]:
        """Return the environment: where MicroPython finds tinycl_rt."""
        return {**os.environ, "MICROPYPATH": str(Path(tinycl_rt.__file__).parents[1])}

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
