"""``tinycl restore``: a learned state back onto a board."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tinycl.cli import options as o
from tinycl.exceptions import DataError, UnsavedError
from tinycl.files import read_file, write_json

__all__ = ["command"]


def command(
    state: Annotated[Path, typer.Argument(metavar="STATE.tcs", help="What 'backup' wrote.")],
    port: o.Port = None,
    board: o.Board = None,
    flash: o.Flash = None,
    patience: o.Patience = None,
    json: o.Json = None,
) -> None:
    """Put a learned state on a board, in place of what that has learned; verified.

    Without --port and --board: on the only board that is plugged in. The board must have the
    model that the state was learned with. Until the whole state has arrived and is checked, the
    board keeps its own.

    Examples:

        tinycl restore cups.tcs

        tinycl restore cups.tcs --board unix --flash board/
    """
    from rich.console import Console

    from tinycl.link.backup import StateFile, restore
    from tinycl.ui.progress import Live

    console = Console()
    data = read_file(state)
    try:
        StateFile.read(data)
    except DataError as error:
        raise DataError(f"{state}: {error}") from None
    with o.open_board(port, board, flash, patience) as client, Live(console) as live:
        client.observer = live
        info = restore(client, data)
    console.print(
        f"{client.name}: {info.learned} samples learned, fingerprint {info.state or 0:08x}",
        highlight=False,
        markup=False,
    )
    fingerprints = {"state": f"{info.state or 0:08x}", "model": info.fingerprint}
    result = {"bytes": len(data), "learned": info.learned, "saved": not info.unsaved}
    write_json(json, {**result, "fingerprints": fingerprints, "port": client.name})
    if info.unsaved:
        raise UnsavedError(
            f"the board has the state in its memory, but could not save it ({info.warning}): make "
            "room on the board, and restore it again"
        )
