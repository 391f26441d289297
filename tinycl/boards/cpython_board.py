"""An emulated board: a process of this Python that serves a flash folder on a byte stream.

It runs ``tinycl_rt`` exactly as a board does, behind a pseudo-terminal whose name stays the same
over restarts (a link, as ``/dev/serial/by-id``), or behind a TCP port.

Examples
--------
::

    python -m tinycl.boards.cpython_board --flash flash/ --link /tmp/board
    tinycl stream --port /tmp/board
"""

from __future__ import annotations

import _thread
import argparse
import os
import select
import signal
import socket
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType

from tinycl_rt.device import Device
from tinycl_rt.link.fd_stream import FdStream
from tinycl_rt.service.service import Service

from tinycl.boards.ports import open_pty

__all__ = ["TcpStream", "main"]

_PATIENCE = 2.0  # seconds for a client to fetch what it is sent


class TcpStream:
    """One TCP client after another, as a byte stream for ``tinycl_rt.service.service``.

    Parameters
    ----------
    port : int
        On this computer only; 0 takes a free one, see ``port``.
    """

    exact = False

    def __init__(self, port: int) -> None:
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port: int = self._listener.getsockname()[1]
        self._client: socket.socket | None = None

    def open(self) -> None:
        """Nothing to prepare."""

    def close(self) -> None:
        """The client stays connected: it may want to go on."""

    def wait(self, timeout_ms: int) -> bool:
        """Wait for a client, or for bytes of the one that is connected."""
        waited_for = self._client or self._listener
        if not select.select([waited_for], [], [], timeout_ms / 1000)[0]:
            return False
        if self._client is None:
            self._client, _ = self._listener.accept()
            self._client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._client.settimeout(_PATIENCE)
            return False
        return True

    def readinto(self, view: memoryview) -> int:
        """Read what has come; a client that leaves makes room for the next."""
        assert self._client is not None
        try:
            count = self._client.recv_into(view)
        except OSError:
            count = 0
        if not count:
            self._hang_up()
        return count

    def write(self, view: memoryview) -> None:
        """Send to the client, if it is still connected and reads what it is sent."""
        if self._client is None:
            return
        try:
            self._client.sendall(view)
        except OSError:
            self._hang_up()

    def _hang_up(self) -> None:
        if self._client is not None:
            self._client.close()
        self._client = None


def _end_with_parent() -> None:
    """End this process, saving, when the process that started it is gone: its pipe ends then."""

    def watch() -> None:
        with suppress(OSError):
            while os.read(0, 1):
                pass
        if os.name == "nt":
            _thread.interrupt_main(signal.SIGTERM)
        else:
            os.kill(os.getpid(), signal.SIGTERM)  # also wakes the main thread
        time.sleep(10)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _terminate(number: int, frame: FrameType | None) -> None:
    signal.signal(number, signal.SIG_IGN)  # once is enough: let the state be saved
    raise SystemExit(0)


def main(arguments: list[str] | None = None) -> None:
    """Serve until the process is told to end (SIGTERM, Ctrl-C); then save."""
    parser = argparse.ArgumentParser(description="An emulated board: this Python, a flash folder.")
    parser.add_argument("--flash", type=Path, required=True, help="folder with model and state")
    parser.add_argument("--link", type=Path, help="path that will point to the pseudo-terminal")
    parser.add_argument("--tcp", type=int, help="listen on this port of 127.0.0.1 instead")
    parser.add_argument("--kernels", choices=["reference", "numpy"], help="kernel set")
    parser.add_argument("--autosave", type=int, default=64, help="samples between saves, 0: never")
    parser.add_argument("--max-payload", type=int, default=4096, help="bytes of the largest frame")
    parser.add_argument("--window", type=int, default=8, help="frames in flight")
    parser.add_argument("--heap", type=int, default=0, help="largest model in bytes, 0: any")
    parser.add_argument("--uid", default="cpython", help="serial number that the board reports")
    parser.add_argument("--attached", action="store_true", help="end when standard input ends")
    given = parser.parse_args(arguments)
    if (given.link is None) == (given.tcp is None):
        parser.error("expected one of --link and --tcp")
    if not given.flash.is_dir():
        parser.error(f"{given.flash}: no such folder")
    if given.kernels:
        os.environ["TINYCL_KERNELS"] = given.kernels
    signal.signal(signal.SIGTERM, _terminate)
    if sys.platform == "win32":
        signal.signal(signal.SIGBREAK, _terminate)
    if given.attached:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the host, which says goodbye
        _end_with_parent()

    device = Device(str(given.flash), given.autosave, given.heap)
    device.open()
    if given.tcp is not None:
        tcp = TcpStream(given.tcp)
        stream: TcpStream | FdStream = tcp
        print(f"socket://127.0.0.1:{tcp.port}", flush=True)
    else:
        board_end, _host_end = open_pty(given.link)
        stream = FdStream(board_end, board_end)
        print(given.link, flush=True)
    service = Service(stream, device, given.max_payload, given.window, given.uid)
    try:
        while True:  # after goodbye a board would sit in its REPL; this one waits for the next
            service.serve()
    except KeyboardInterrupt:
        sys.exit(0)


if __name__ == "__main__":
    main()
