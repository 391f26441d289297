"""Finds boards: serial ports by USB serial number, CIRCUITPY drives, UF2 drives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tinycl.exceptions import FlashError
from tinycl.flash import drive
from tinycl.link.ports import list_ports

__all__ = ["Found", "choose", "find", "repl_port"]


@dataclass(frozen=True)
class Found:
    """A board that is plugged in.

    Attributes
    ----------
    kind : str
        ``port``: at a serial port; ``drive``: a CIRCUITPY drive; ``uf2``: a boot loader's drive.
    place : str
        Path of the port or the drive.
    title : str
    """

    kind: str
    place: str
    title: str


def find() -> list[Found]:
    """Return the boards that are plugged in now.

    A CircuitPython board is found by its drive and by its ports; the drive stands for it.
    """
    drives = drive.mounted()
    found = [Found("drive", str(d), f"CIRCUITPY drive {d}") for d in drives if not drive.is_uf2(d)]
    by_number: dict[str, Found] = {}
    for port in list_ports():
        if port.is_board and not (found and "CircuitPython" in port.description):
            words = [port.vendor, port.description, port.serial_number]
            title = f"{port.device} ({', '.join(word for word in words if word)})"
            # Of several ports of one board the first has the REPL.
            by_number.setdefault(
                port.serial_number or port.device, Found("port", port.device, title)
            )
    found += by_number.values()
    return found + [Found("uf2", str(d), f"UF2 drive {d}") for d in drives if drive.is_uf2(d)]


def choose(found: Sequence[Found], ask: Callable[[Sequence[Found]], Found] | None = None) -> Found:
    """Return the one board, or the one that the user picks.

    Parameters
    ----------
    found
    ask
        Asks the user; None when nobody is there to be asked.

    Raises
    ------
    FlashError
        There is none; or there are several, and nobody to ask.
    """
    if not found:
        raise FlashError(
            "no board is plugged in: use a cable that carries data (many only charge), and look "
            "at tinycl boards; a Pico without firmware wants its BOOTSEL button held while it is "
            "plugged in; without hardware: --board cortex-m3"
        )
    if len(found) == 1:
        return found[0]
    if ask is not None:
        return ask(found)
    raise FlashError(
        f"{len(found)} boards are plugged in: {'; '.join(f.title for f in found)}; choose one "
        "with --port or --drive"
    )


def repl_port(name: str) -> str:
    """Return the port of a board's REPL: `name` itself, or the first with that serial number."""
    if Path(name).exists():
        return name
    numbered = [p.device for p in list_ports() if p.serial_number and p.serial_number == name]
    return min(numbered, default=name)
