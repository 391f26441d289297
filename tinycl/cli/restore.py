"""``tinycl restore``: a learned state back onto a board."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tinycl.cli import opened as b
from tinycl.cli import options as o
from tinycl.exceptions import DataError
from tinycl.files import read_file, write_json
from tinycl.link.retry import retry

__all__ = ["command"]


def command(
    state: Annotated[Path, typer.Argument(metavar="STATE.tcs", help="What 'backup' wrote.")],
    port: b.Port = None,
    board: b.EmulatedBoard = None,
    flash: b.Flash = None,
    json: o.Json = None,
) -> None:
    """Put a learned state on a board, in place of what that has learned; verified.

    The board must have the model that the state was learned with. Until the whole state is there
    and is checked, the board keeps its own.

    Examples:

        tinycl restore cups.tcs

        tinycl restore cups.tcs --board unix --flash board/
    """
    from rich.console import Console
    from rich.progress import Progress

    from tinycl.link.backup import StateFile, restore

    console = Console()
    data = read_file(state)
    try:
        StateFile.read(data)
    except DataError as error:
        raise DataError(f"{state}: {error}") from None
    with b.opened(port, board, flash) as client:
        with Progress(console=console, transient=True) as bar:
            task = bar.add_task("sending the state")
            info = retry(
                client,
                lambda: restore(
                    client, data, lambda done, total: bar.update(task, completed=done, total=total)
                ),
                on_message=b.tell(console),
            )
        console.print(
            f"{client.name}: {info.learned} samples learned, fingerprint {info.state or 0:08x}",
            highlight=False,
            markup=False,
        )
        if info.unsaved:
            b.tell(console)(f"{client.name}: in RAM only, {info.warning}")
        fingerprints = {"state": f"{info.state or 0:08x}", "model": info.fingerprint}
        result = {"bytes": len(data), "learned": info.learned, "saved": not info.unsaved}
        write_json(json, {**result, "fingerprints": fingerprints, "port": client.name})
