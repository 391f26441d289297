"""Byte streams from this computer to a board: serial ports, pseudo-terminals, sockets.

A port is named by a device path (``/dev/ttyACM0``, ``COM3``, the path of an emulated board), by
the USB serial number of a board (which stays when the path changes), or by
``socket://host:port``.
"""

from __future__ import annotations

import os
import select
import socket
from pathlib import Path
from typing import Protocol

from tinycl.exceptions import LinkError
from tinycl.link.jobs import GoneError
from tinycl.link.ports import Port, find_again, find_port, list_ports

__all__ = ["SerialTransport", "SocketTransport", "Transport", "open_transport", "reopen_transport"]

_WRITE_SECONDS = 30.0


class Transport(Protocol):
    """What a client needs of a byte stream."""

    name: str

    def read(self, limit: int, timeout: float) -> bytes:
        """Return at most `limit` bytes; b"" after `timeout` seconds; LinkError when unplugged."""

    def write(self, data: bytes) -> None:
        """Send all of it; LinkError when unplugged."""

    def fileno(self) -> int:
        """Descriptor to wait for with ``select``."""

    def close(self) -> None:
        """Free the port."""


class SerialTransport:
    """A serial port or a pseudo-terminal, opened for this process alone.

    Parameters
    ----------
    port : Port
        See ``tinycl.link.ports``.
    baudrate : int
        Only matters on a real UART; USB ignores it.

    Raises
    ------
    LinkError
        The port is not there, is busy, or may not be opened.
    """

    def __init__(self, port: Port, baudrate: int = 115200) -> None:
        import serial

        self.name = port.device
        self.port = port
        try:
            self._serial = serial.Serial(
                port.device, baudrate, timeout=0, write_timeout=_WRITE_SECONDS, exclusive=True
            )
            self._serial.reset_input_buffer()
        except (OSError, ValueError) as error:
            raise _cannot_open(port.device, error) from None

    def read(self, limit: int, timeout: float) -> bytes:
        try:
            if os.name == "posix":
                if not select.select([self._serial.fileno()], [], [], timeout)[0]:
                    return b""
                data = os.read(self._serial.fileno(), limit)
                if not data:
                    raise GoneError(_gone(self.name))
                return data
            self._serial.timeout = timeout
            first = self._serial.read(1)
            return first + self._serial.read(min(self._serial.in_waiting, limit - 1))
        except BlockingIOError:
            return b""
        except (OSError, TypeError, ValueError):
            # TypeError: pyserial has set its descriptor to None in another thread's close()
            raise GoneError(_gone(self.name)) from None

    def write(self, data: bytes) -> None:
        import serial

        try:
            self._serial.write(data)
        except serial.SerialTimeoutException:
            raise LinkError(f"{self.name}: the board takes no bytes; reset it") from None
        except (OSError, TypeError, ValueError):
            raise GoneError(_gone(self.name)) from None

    def fileno(self) -> int:
        return int(self._serial.fileno())

    def close(self) -> None:
        self._serial.close()


class SocketTransport:
    """A TCP connection, as QEMU and ``ser2net`` offer.

    Parameters
    ----------
    host : str
    port : int

    Raises
    ------
    LinkError
        Nothing listens there.
    """

    def __init__(self, host: str, port: int) -> None:
        self.name = f"socket://{host}:{port}"
        try:
            self._socket = socket.create_connection((host, port), timeout=5)
        except OSError as error:
            raise LinkError(
                f"{self.name}: nothing answers there ({error}); is the emulated board running?"
            ) from None
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.settimeout(_WRITE_SECONDS)

    def read(self, limit: int, timeout: float) -> bytes:
        try:
            if not select.select([self._socket], [], [], timeout)[0]:
                return b""
            data = self._socket.recv(limit)
        except (OSError, ValueError):
            raise GoneError(_gone(self.name)) from None
        if not data:
            raise GoneError(_gone(self.name))
        return data

    def write(self, data: bytes) -> None:
        try:
            self._socket.sendall(data)
        except OSError:
            raise GoneError(_gone(self.name)) from None

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        self._socket.close()


def open_transport(name: str | Path | None = None, baudrate: int = 115200) -> Transport:
    """Open the byte stream called `name`.

    Parameters
    ----------
    name : str or Path, optional
        Device path, USB serial number, or ``socket://host:port``. Without a name: the only board
        that is plugged in.
    baudrate : int
        Of a real UART.

    Raises
    ------
    LinkError
        The message lists the ports that are there.
    """
    text = "" if name is None else str(name)
    if text.startswith("socket://"):
        host, colon, port = text[len("socket://") :].rpartition(":")
        if not colon or not host or not port.isdigit() or int(port) > 65535:
            raise LinkError(f"expected socket://HOST:PORT, got {text}")
        return SocketTransport(host, int(port))
    return SerialTransport(find_port(text or None), baudrate)


def reopen_transport(old: Transport, baudrate: int = 115200) -> Transport:
    """Open the stream to the same board again; LinkError while it is not there."""
    if isinstance(old, SerialTransport):
        return SerialTransport(find_again(old.port), baudrate)
    return open_transport(old.name, baudrate)


def _gone(name: str) -> str:
    return f"{name}: the board is gone (unplugged, or its emulator ended)"


def _cannot_open(name: str, error: Exception) -> LinkError:
    number = getattr(error, "errno", None)
    if isinstance(error, PermissionError) or number == 13 or "ermission" in str(error):
        return LinkError(
            f"{name}: no permission to open this port; on Linux: "
            "sudo usermod -aG dialout $USER, then log in again"
        )
    if number in (11, 16) or "exclusively lock" in str(error) or "busy" in str(error):
        return LinkError(f"{name}: another program uses this port; close it (a terminal, an IDE)")
    if number in (2, 6, 19) or not Path(name).exists():
        there = ", ".join(p.device for p in list_ports()) or "none"
        return LinkError(f"{name}: no such port; ports that are there: {there}")
    return LinkError(f"{name}: cannot be opened as a serial port ({error})")
