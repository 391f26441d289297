"""``tinycl backup``: what a board has learned, as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from tinycl.cli import options as o
from tinycl.files import write_file, write_json
from tinycl.text import size

__all__ = ["command"]


def command(
    output: Annotated[Path, o.written("The file.", "--output", "-o", metavar="STATE.tcs")],
    port: o.Port = None,
    board: o.Board = None,
    flash: o.Flash = None,
    patience: o.Patience = None,
    json: o.Json = None,
) -> None:
    """Save what a board has learned to a file, verified by its fingerprint.

    Without --port and --board: of the only board that is plugged in. 'tinycl restore' puts it
    back, on this or another board with the same model; 'tinycl simulate --state' goes on learning
    from it on this computer.

    Examples:

        tinycl backup -o cups.tcs

        tinycl backup -o cups.tcs --port /dev/ttyACM0
    """
    from rich.console import Console

    from tinycl.link.backup import backup
    from tinycl.ui.progress import Live

    console = Console()
    with o.open_board(port, board, flash, patience) as client, Live(console) as live:
        client.observer = live
        state, found, info = backup(client)
    write_file(output, state)
    console.print(
        f"wrote {output}: {size(len(state))}, {info.learned} samples learned, "
        f"fingerprint {found.fingerprint:08x}",
        highlight=False,
        markup=False,
    )
    result = {"file": str(output), "bytes": len(state), "learned": info.learned}
    fingerprints = {"state": f"{found.fingerprint:08x}", "model": found.model}
    write_json(json, {**result, "fingerprints": fingerprints, "port": client.name})
