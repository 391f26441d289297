"""A board at its raw REPL, through mpremote's transport; every failure is one sentence."""

from __future__ import annotations

import ast
import io
import os
import struct
import time
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from pathlib import Path
from typing import Any

from tinycl.exceptions import FlashError, LinkError, MissingExtraError, TinyclError
from tinycl.flash.identity import Identity, check_version
from tinycl.flash.plan import PlannedFile
from tinycl.flash.refusal import refusal
from tinycl.link.transport import open_transport
from tinycl.patience import PATIENCE

__all__ = ["Repl"]

_ON_BOARD = Path(__file__).with_name("on_board.py")
_CHUNK = 2048
# Shares of the patience: for a step on the board, and for the raw REPL's greeting.
_SILENCE, _GREETING = 2 / 3, 1 / 15


class Repl:
    """A MicroPython or CircuitPython board at a serial port.

    Parameters
    ----------
    port : str
        Path of the port, or the serial number of the board.
    patience : float
        Seconds without an answer after which the board counts as silent.

    Raises
    ------
    MissingExtraError
        mpremote is not installed.
    LinkError
        There is no such port, it is busy, or nothing answers there.
    FlashError
        The board runs what tinycl cannot run on.
    """

    def __init__(self, port: str, patience: float = PATIENCE) -> None:
        self.name = port
        self._patience = patience
        self._silence, self._greeting = patience * _SILENCE, patience * _GREETING
        try:
            import mpremote  # noqa: F401
        except ImportError:
            raise MissingExtraError(
                "flashing needs mpremote: pip install 'tinycl[flash]'"
            ) from None
        # mpremote reads a pseudo-terminal faster when it knows that it is one: by its real path.
        self.device = os.path.realpath(port) if os.path.exists(port) else port
        self.open()

    def open(self) -> None:
        """Open the port, reach the raw REPL, and ask what the board is."""
        open_transport(self.name).close()  # says in a sentence why a port cannot be opened
        self._open_port()
        try:
            self._enter()
            try:
                self._check_version()
                self.run(_ON_BOARD.read_text())
            except FlashError:  # a UART that drops a byte, or a program of its own that prints
                self._enter()
                self._check_version()
                self.run(_ON_BOARD.read_text())
            self.identity = Identity.of(self.ask("about()")[0])
        except BaseException:
            self.close()
            raise

    def run(self, code: str) -> str:
        """Run `code` on the board and return what it printed.

        Raises
        ------
        LinkError
            The board is gone or silent.
        FlashError
            The code raised; the message has the end of its output.
        """
        with self._sentences():
            out, trouble = self._serial.exec_raw(code, timeout=self._silence)
        if trouble:
            raise refusal(self.name, trouble.decode(errors="replace"))
        return str(out.decode(errors="replace"))

    def ask(self, call: str) -> list[Any]:
        """Call a function of ``on_board``; return the literals that it printed, or LinkError."""
        lines = self.run(call).splitlines()
        try:
            return [ast.literal_eval(line) for line in lines if line]
        except (ValueError, SyntaxError):
            raise LinkError(
                f"{self.name}: the board's answer is damaged ({lines[-1][:40]!r}): try another "
                "cable, without a hub"
            ) from None

    def sizes(self, places: list[str]) -> dict[str, int]:
        """Return the files in these files and folders, with their bytes."""
        return dict(self.ask(f"listing({places!r})"))

    def hashes(self, paths: list[str]) -> list[str]:
        """Return SHA-256 of files in hex (CRC-32 where the board has no other); "" if absent."""
        return [str(found) for found in self.ask(f"hashes({paths!r})")]

    def room(self) -> tuple[int, int]:
        """Return free bytes and bytes of a block of the file system, as the session began."""
        return self.identity.free, self.identity.block

    def first_line(self, path: str) -> str:
        """Return the first line of a file, "" if absent."""
        return str(self.ask(f"head({path!r})")[0])

    def read(self, path: str) -> bytes:
        """Return the content of a file."""
        return a2b_base64("".join(self.ask(f"content({path!r})")))

    def write(self, files: list[PlannedFile], progress: Callable[[int], None]) -> None:
        """Write files, with their folders; `progress` gets the bytes of each piece."""
        for file in files:
            self.run(f"folders({file.path!r})")
            self.run(f"f=open({file.path!r},'wb')")
            try:
                for at in range(0, len(file.data), _CHUNK):
                    piece = file.data[at : at + _CHUNK]
                    # A fifth of the time that mpremote's own takes: text that is short to parse.
                    self.run(f"put({b2a_base64(piece, newline=False).decode()!r})")
                    progress(len(piece))
            finally:
                with suppress(TinyclError):
                    self.run("f.close()")

    def remove(self, paths: list[str]) -> None:
        """Remove files, and the folders that are empty then."""
        self.run(f"removed({paths!r})")

    def leave(self, code: str) -> None:
        """Run `code` that does not come back; ends this session."""
        with self._sentences():
            self._serial.exec_raw_no_follow(code)
        self.close()

    def backend(self) -> str:
        """Return the kernels that the runtime on the board loads.

        Raises
        ------
        FlashError
            The runtime does not start.
        """
        return str(self.ask("backend()")[0])

    def reset(self) -> None:
        """Restart the interpreter, so that what was written runs; ends this session."""
        with self._sentences():
            self._serial.exit_raw_repl()
            self._serial.serial.write(b"\x04")
            self._serial.serial.flush()
        self.close()

    def close(self) -> None:
        """Free the port."""
        with suppress(OSError, TypeError):  # the terminal goes when an emulator does
            self._serial.close()

    def _check_version(self) -> None:
        """Raise FlashError for firmware that is too old; it may not read what comes next."""
        name, version = self.ask(
            "import sys\nprint((sys.implementation[0], sys.implementation[1]))"
        )[0]
        if name in ("micropython", "circuitpython"):
            check_version(name, tuple(version)[:3])

    def _open_port(self) -> None:
        from mpremote.transport_serial import SerialTransport

        with self._sentences():
            self._serial = SerialTransport(self.device, timeout=self._silence)

    def _enter(self) -> None:
        """Reach the raw REPL, asking a serving board to leave its service first."""
        if self._greeted():
            return
        self.close()
        _say_goodbye(self.name, self._patience)
        self._open_port()
        if not self._greeted():
            raise LinkError(
                f"{self.name}: no REPL answers there: is it a board with MicroPython or "
                "CircuitPython, and a cable that carries data? Press the board's reset button and "
                "try again; a new board gets its firmware with --firmware"
            )

    def _greeted(self) -> bool:
        """Whether the board is at its raw REPL now, with a fresh interpreter."""
        from mpremote.transport import TransportError

        with self._sentences(), redirect_stdout(io.StringIO()):  # mpremote prints what came
            # It reads a pseudo-terminal blocking.
            self._serial.serial.timeout = self._greeting / 10
            try:
                self._serial.enter_raw_repl(timeout_overall=self._greeting)
            except TransportError:
                return False
            self._serial.serial.timeout = self._silence
        return True

    @contextmanager
    def _sentences(self) -> Iterator[None]:
        """Turn what mpremote and pyserial raise into one sentence."""
        from mpremote.transport import TransportError

        try:
            yield
        except TinyclError:
            raise
        except (OSError, TypeError) as error:
            raise LinkError(
                f"{self.name}: the board is gone ({_words(error)}); plug it in again and repeat: "
                "files that are whole are not copied again"
            ) from None
        except (TransportError, struct.error) as error:
            raise LinkError(
                f"{self.name}: the board stopped answering ({_words(error)}); reset it and repeat"
                ": files that are whole are not copied again"
            ) from None

    def __enter__(self) -> Repl:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _say_goodbye(port: str, patience: float) -> None:
    """End the service of a board, if that is what runs."""
    from tinycl.link.client import BoardClient

    transport = open_transport(port)
    with BoardClient(transport, patience) as client, suppress(TinyclError):
        client.greet()
        client.bye()
        # It listens a little longer, for a goodbye that was repeated: wait for the prompt.
        deadline, said = time.monotonic() + patience * _GREETING, b""
        while not said.endswith(b">>> ") and time.monotonic() < deadline:
            said += transport.read(256, 0.1)


def _words(error: Exception) -> str:
    return str(error).strip().rstrip(".") or type(error).__name__
