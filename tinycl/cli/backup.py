"""``tinycl backup``: what a board has learned, as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tinycl.cli import opened as b
from tinycl.cli import options as o
from tinycl.files import write_file, write_json
from tinycl.link.retry import retry
from tinycl.text import size

__all__ = ["command"]


def command(
    output: Annotated[Path, typer.Option("--output", "-o", metavar="STATE.tcs", help="The file.")],
    port: b.Port = None,
    board: b.EmulatedBoard = None,
    flash: b.Flash = None,
    json: o.Json = None,
) -> None:
    """Save what a board has learned to a file, verified by its fingerprint.

    'tinycl restore' puts it back, on this or another board with the same model; 'tinycl simulate
    --state' goes on learning from it on this computer.

    Examples:

        tinycl backup -o cups.tcs

        tinycl backup -o cups.tcs --port /dev/ttyACM0
    """
    from rich.console import Console
    from rich.progress import Progress

    from tinycl.link.backup import backup

    console = Console()
    with b.opened(port, board, flash) as client:
        with Progress(console=console, transient=True) as bar:
            task = bar.add_task("fetching the state")
            state, found, info = retry(
                client,
                lambda: backup(
                    client, lambda done, total: bar.update(task, completed=done, total=total)
                ),
                on_message=b.tell(console),
            )
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
