"""The board that a verb speaks with: at a port, or emulated."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tinycl.exceptions import BoardError

if TYPE_CHECKING:
    from rich.console import Console

    from tinycl.link import BoardClient

__all__ = ["EmulatedBoard", "Flash", "Port", "opened", "tell"]

Port = Annotated[
    str | None,
    typer.Option(
        "--port",
        help="Serial port, pty, socket://HOST:PORT, or a board's serial number; by default the "
        "only board that is plugged in.",
    ),
]
EmulatedBoard = Annotated[
    str | None, typer.Option("--board", help="An emulated board to start instead of a port.")
]
Flash = Annotated[
    Path | None, typer.Option("--flash", help="Folder that is the emulated board's flash; kept.")
]


@contextmanager
def opened(
    port: str | None, board: str | None = None, flash: Path | None = None
) -> Iterator[BoardClient]:
    """Connect to a board; it goes on serving afterwards, an emulated one ends.

    Raises
    ------
    BoardError
        Both a port and an emulated board are named, or a flash without one.
    LinkError
        There is no such port, or no answer.
    """
    from tinycl.boards import start
    from tinycl.link import connect

    if port is not None and board is not None:
        raise BoardError(f"expected --port or --board, got both ({port}, {board})")
    if flash is not None and board is None:
        raise BoardError("--flash is an emulated board's: name it with --board")
    with ExitStack() as stack:
        if board is not None:
            port = stack.enter_context(start(board, flash=flash)).port
        yield stack.enter_context(connect(port))


def tell(console: Console) -> Callable[[str], None]:
    """Print sentences about a board that goes and comes."""
    return partial(console.print, style="yellow", highlight=False, markup=False)
