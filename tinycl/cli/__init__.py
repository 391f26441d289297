"""The command line: one file per verb, each a function ``command``."""

from __future__ import annotations

import sys
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
    report,
    restore,
    run,
    simulate,
    stream,
    train,
    zoo,
)
from tinycl.cli.interrupt import Group, Interrupted
from tinycl.exceptions import TinyclError

__all__ = ["app", "main"]

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
    memory,
    report,
    boards,
)
for verb in (*_VERBS, info, backup, restore):
    app.command(verb.__name__.rpartition(".")[2])(verb.command)
app.add_typer(zoo.app, name="zoo", help="Backbones that come with tinycl: list, show, get, check.")


_RENAMED = {"--replays": "--replay-batch"}
"""Options of version 0.1 and what they are called now; the old names work until 0.3."""


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


def _renamed(word: str) -> str:
    """A word of the command line with an option's old name replaced, and said so."""
    option, equals, value = word.partition("=")
    if option not in _RENAMED:
        return word
    print(f"tinycl: {option} is called {_RENAMED[option]} now", file=sys.stderr)
    return _RENAMED[option] + equals + value


def main() -> None:
    """Entry point: a user's mistake is one sentence and exit code 1, not a traceback."""
    try:
        app(args=[_renamed(word) for word in sys.argv[1:]])
    except Interrupted as stop:
        print(f"tinycl: {stop}", file=sys.stderr)
        sys.exit(stop.exit_code)
    except TinyclError as error:
        print(f"tinycl: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("tinycl: interrupted", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(1)
