"""``tinycl boards``: the boards that tinycl knows, and the ports that are there now."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from tinycl.cli import options as o
from tinycl.text import size

__all__ = ["command"]


def command(json: o.Json = None) -> None:
    """List real and emulated boards, and the serial ports that are there now.

    Examples:

        tinycl boards

        tinycl boards --json boards.json
    """
    from rich.console import Console

    from tinycl.boards import BOARDS, missing
    from tinycl.files import write_json
    from tinycl.link.ports import list_ports
    from tinycl.table import Table

    console = Console()
    rows: list[dict[str, Any]] = []
    for kind, last in (("emulated", "ready"), ("real", "files")):
        table = Table(kind.capitalize())
        table.words("name", whole=True)
        table.words("what it is")
        table.words("arch", whole=True)
        table.numbers("MHz", "heap", last)
        needs = []
        for board in BOARDS.values():
            if not (board.is_emulated if kind == "emulated" else board.kind == kind):
                continue
            lack = missing(board.name) if kind == "emulated" else []
            if board.kind == kind:
                is_ready = board.is_emulated and not missing(board.name)
                rows.append({**board.as_dict(), "ready": is_ready, "missing": lack})
            if lack:
                needs.append(f"{board.name} needs {', '.join(lack)}")
            ready = "no" if lack else "yes"
            table.add_row(
                board.name,
                board.title,
                board.arch,
                str(board.clock_mhz or ""),
                _kib(board.heap_bytes),
                ready if kind == "emulated" else _kib(board.flash_bytes),
            )
        console.print(table)
        for line in needs:
            console.print(line, highlight=False)
    ports = list_ports()
    if ports:
        found = Table("Serial ports")
        found.words("port", "serial number", "made by", "description")
        for port in ports:
            found.add_row(port.device, port.serial_number, port.vendor, port.description)
        console.print(found)
    else:
        console.print("No serial port is there now: plug in a board, or use an emulated one.")
    write_json(json, {"boards": rows, "ports": [asdict(port) for port in ports]})


def _kib(count: int | None) -> str:
    """Bytes as KiB for people; empty where no figure is known."""
    return "" if count is None else size(count, "KiB", digits=0)
