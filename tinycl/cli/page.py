"""``tinycl page``: teach a board in the browser."""

from __future__ import annotations

import signal
import webbrowser
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tinycl.cli import options as o
from tinycl.cli.importing import importing
from tinycl.patience import PATIENCE

if TYPE_CHECKING:
    from tinycl.link.transport import Transport

__all__ = ["command"]


def command(
    port: Annotated[int, typer.Option(help="TCP port of the page; 0 takes a free one.")] = 8765,
    serial: Annotated[
        str | None,
        typer.Option(help="Serial port of a board that the page may use, pty or socket://."),
    ] = None,
    board: o.Board = None,
    flash: o.Flash = None,
    host: Annotated[
        str, typer.Option(help="Address to listen at; any but 127.0.0.1 lets others in.")
    ] = "127.0.0.1",
    open_: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the page in the browser.")
    ] = True,
    write: Annotated[
        Path | None,
        o.written_folder("Write the page's files to this folder, for a static host, and end."),
    ] = None,
) -> None:
    """Teach a board in the browser: draw or show samples, and watch it learn.

    A board runs in the page itself: the board's own code on MicroPython. Another may be plugged
    in, or emulated. The first line printed is the page's address; Ctrl-C ends it.

    Examples:

        tinycl page

        tinycl page --serial /dev/ttyACM0

        tinycl page --board cortex-m3 --no-open --port 9000

        tinycl page --write site
    """
    with importing():
        from tinycl.page.server import PageServer
        from tinycl.page.site import check_built, write_site
    check_built()
    if write is not None:
        print(f"wrote {write_site(write)} files to {write}")
        return
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # an emulated board ends with it
    with ExitStack() as stack:
        opener = _opener(stack, serial, board, flash)
        server = PageServer(host, port, opener, board or serial or "")
        stack.callback(server.close)
        print(server.url, flush=True)
        if not server.is_local:
            print(
                f"tinycl: everybody who reaches {host} can load the page; who knows the token can "
                "use the board",
                flush=True,
            )
        if open_:
            webbrowser.open(server.url)
        server.run()


def _opener(
    stack: ExitStack, serial: str | None, board: str | None, flash: Path | None
) -> Callable[[], Transport] | None:
    """Opens the stream of the board that the options name; starts it now if it is emulated."""
    from tinycl.boards import start

    o.check_one_board(serial, board, flash, "--serial")
    if board is None and serial is None:
        return None
    if board is None:
        return lambda: _open(serial)
    machine = stack.enter_context(start(board, flash=flash))
    return lambda: _open(machine.start().port, machine.patience)  # again, if it has ended


def _open(port: str | None, patience: float = PATIENCE) -> Transport:
    """The stream of a board whose service is awake."""
    from tinycl.link import connect

    return connect(port, patience).exchange.transport
