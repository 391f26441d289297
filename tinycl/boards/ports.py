"""Serial ports of emulated boards: pseudo-terminals, or TCP on 127.0.0.1.

Windows has no pseudo-terminals, so boards speak over TCP there. Elsewhere the environment variable
``TINYCL_BOARD_PORT=tcp`` makes them do so.
"""

from __future__ import annotations

import os
import socket
import subprocess
import threading
from contextlib import suppress
from pathlib import Path

from tinycl.exceptions import BoardError

__all__ = ["TcpBridge", "free_tcp_port", "open_pty", "uses_tcp"]


def uses_tcp() -> bool:
    """Whether emulated boards speak over TCP; BoardError for an unknown TINYCL_BOARD_PORT."""
    wanted = os.environ.get("TINYCL_BOARD_PORT", "")
    if wanted not in ("", "pty", "tcp"):
        raise BoardError(f"expected TINYCL_BOARD_PORT=pty or tcp, got {wanted}")
    if wanted:
        return wanted == "tcp"
    try:
        import termios  # noqa: F401
    except ImportError:
        return True
    return False


def open_pty(link: Path) -> tuple[int, int]:
    """Make a raw pseudo-terminal, and let the path `link` point to the host's end.

    Returns
    -------
    tuple
        Descriptors of the board's end and of the host's end. As long as both are open, hosts can
        open and close the port.
    """
    import termios
    import tty

    master, slave = os.openpty()
    tty.setraw(slave)
    # QEMU turns output processing on again when it starts, and a host that only asks for raw mode
    # would then send a carriage return before each byte 10: leave nothing to process.
    settings = termios.tcgetattr(slave)
    settings[1] = 0
    termios.tcsetattr(slave, termios.TCSANOW, settings)
    fresh = link.with_name(f"{link.name}.{os.getpid()}")
    fresh.symlink_to(os.ttyname(slave))
    fresh.replace(link)
    return master, slave


def free_tcp_port() -> int:
    """Return a port of 127.0.0.1 that no program uses now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


class TcpBridge:
    """Connects one TCP client after another to the stdin and stdout of a process.

    What the process says while no client is connected is dropped, as by a cable that is unplugged.

    Parameters
    ----------
    port : int
        Of 127.0.0.1.
    process : subprocess.Popen
        With pipes for stdin and stdout.
    """

    def __init__(self, port: int, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._listener = socket.create_server(("127.0.0.1", port))
        self._client: socket.socket | None = None
        self._threads = [
            threading.Thread(target=work, daemon=True) for work in (self._send, self._receive)
        ]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Hang up and free the port; the process must have ended."""
        for connection in (self._listener, self._client):
            if connection is not None:
                with suppress(OSError):  # wakes the thread that waits for it
                    connection.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def _send(self) -> None:
        assert self._process.stdin is not None
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:  # closed
                return
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._client = client
            with client, suppress(OSError):
                while data := client.recv(4096):
                    self._process.stdin.write(data)
                    self._process.stdin.flush()
            self._client = None

    def _receive(self) -> None:
        assert self._process.stdout is not None
        while data := os.read(self._process.stdout.fileno(), 4096):
            client = self._client
            if client is not None:
                with suppress(OSError):
                    client.sendall(data)
        if (client := self._client) is not None:  # the board ended: the host is to notice
            with suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
