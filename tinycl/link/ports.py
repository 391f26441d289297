"""Serial ports of this computer, matched by USB serial number: paths change, numbers do not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tinycl.exceptions import LinkError

__all__ = ["Port", "find_again", "find_port", "list_ports"]

# USB vendor numbers of boards that run MicroPython or CircuitPython, and of their serial chips.
_VENDORS = {
    0x2E8A: "Raspberry Pi",
    0xF055: "MicroPython",
    0x303A: "Espressif",
    0x239A: "Adafruit",
    0x2341: "Arduino",
    0x16C0: "Teensy",
    0x0483: "STMicroelectronics",
    0x1915: "Nordic",
    0x10C4: "CP210x",
    0x1A86: "CH340",
    0x0403: "FTDI",
}


@dataclass(frozen=True)
class Port:
    """A serial port.

    Attributes
    ----------
    device : str
        Path, or COM name.
    serial_number : str
        USB serial number; empty where there is none.
    description : str
    vendor : str
        Whose USB device it is, if it is of a kind that boards have; else empty.
    location : str
        USB interface of ports that share one serial number.
    """

    device: str
    serial_number: str = ""
    description: str = ""
    vendor: str = ""
    location: str = ""

    @property
    def is_board(self) -> bool:
        """Whether this looks like a board, and not like a modem or a built-in port."""
        return bool(self.vendor)


def list_ports() -> list[Port]:
    """Return the serial ports that are there now, boards first."""
    from serial.tools import list_ports as pyserial_ports

    ports = [
        Port(
            device=p.device,
            serial_number=p.serial_number or "",
            description=p.description if p.description and p.description != "n/a" else "",
            vendor=_VENDORS.get(p.vid or 0, ""),
            location=p.location or "",
        )
        for p in pyserial_ports.comports()
    ]
    return sorted(ports, key=lambda p: (not p.is_board, p.device))


def find_port(name: str | None = None) -> Port:
    """Return the port called `name`: a path or a USB serial number; or the only board.

    A board with two ports under one serial number (CircuitPython: console and data) is meant by
    its last one, the data port.

    Raises
    ------
    LinkError
        None, or several, fit; the message lists what is there.
    """
    ports = list_ports()
    if name is None:
        boards = [p for p in ports if p.is_board]
        numbers = {p.serial_number or p.device for p in boards}
        if len(numbers) == 1:
            return max(boards, key=lambda p: (p.location, p.device))
        if not boards:
            raise LinkError("no board is plugged in; name a port with --port, " + _listing(ports))
        raise LinkError("several boards are plugged in; choose with --port: " + _listing(boards))
    for port in ports:
        if port.device == name:
            return port
    matches = [p for p in ports if p.serial_number and p.serial_number == name]
    if matches:
        return max(matches, key=lambda p: (p.location, p.device))
    if Path(name).exists():  # a pseudo-terminal, or a link to a port
        return Port(device=name)
    raise LinkError(f"{name}: no such port, {_listing(ports)}")


def find_again(port: Port) -> Port:
    """Return where the port of a board is now: its path may have changed, its number has not.

    Raises
    ------
    LinkError
        It is not there (yet).
    """
    if not port.serial_number:
        return find_port(port.device)
    interface = port.location.rpartition(":")[2]
    matches = [p for p in list_ports() if p.serial_number == port.serial_number]
    same = [p for p in matches if p.location.rpartition(":")[2] == interface] or matches
    if not same:
        raise LinkError(f"{port.device}: the board {port.serial_number} is not plugged in")
    return max(same, key=lambda p: (p.location, p.device))


def _listing(ports: list[Port]) -> str:
    if not ports:
        return "no serial port is there"
    return "ports that are there: " + ", ".join(
        f"{p.device} ({p.serial_number})" if p.serial_number else p.device for p in ports
    )
