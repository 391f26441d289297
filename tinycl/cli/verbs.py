"""All verbs as one command line: one file per verb, each a function ``command``."""

from __future__ import annotations

from typing import Annotated

import typer

from tinycl import __version__
from tinycl.cli import (
    backup,
    boards,
    compile,
    convert,
    demo,
    flash,
    info,
    label,
    memory,
    page,
    report,
    restore,
    run,
    simulate,
    stream,
    train,
    zoo,
)
from tinycl.cli.interrupt import Group

__all__ = ["app"]

app = typer.Typer(
    name="tinycl",
    cls=Group,
    help="A microcontroller that keeps learning: train, convert, compile, simulate, stream.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
_VERBS = (
    demo,
    train,
    convert,
    compile,
    run,
    simulate,
    flash,
    stream,
    label,
    page,
    memory,
    report,
    boards,
)
for verb in (*_VERBS, info, backup, restore):
    app.command(verb.__name__.rpartition(".")[2])(verb.command)
app.add_typer(zoo.app, name="zoo", help="Backbones that come with tinycl: list, show, get, check.")


def _version(wanted: bool) -> None:
    if wanted:
        print(f"tinycl {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """A microcontroller that keeps learning: train, convert, compile, simulate, stream."""
