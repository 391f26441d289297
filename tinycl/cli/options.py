"""Options that several verbs share, so that they are called the same everywhere."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import Field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tinycl.exceptions import BoardError, DataError
from tinycl.experiment.settings import ExperimentSettings
from tinycl.experiment.sweep.grid import grid
from tinycl.files import try_file, try_folder
from tinycl.patience import PATIENCE

if TYPE_CHECKING:
    from tinycl.link import BoardClient

__all__ = [
    "Board",
    "Data",
    "Flash",
    "Json",
    "Mirror",
    "ModelFile",
    "Port",
    "Reset",
    "Seed",
    "SentModel",
    "Wait",
    "check_one_board",
    "open_board",
    "tried",
    "tried_folder",
    "with_settings",
    "written",
    "written_folder",
]

Data = Annotated[
    str,
    typer.Option(
        "--data",
        help="Data set: digits, mnist, fashion_mnist, cifar10, cifar100, npz:PATH, csv:PATH, "
        "folder:PATH.",
    ),
]


def tried(path: Path | None) -> Path | None:
    """Callback of `written`: a mistake is found before the work starts."""
    if path is not None:
        try_file(path)
    return path


def tried_folder(path: Path | None) -> Path | None:
    """Callback of `written_folder`, as `tried`."""
    if path is not None:
        try_folder(path)
    return path


def written(text: str, *names: str, **more: Any) -> Any:
    """An option for a file to write, which is tried before the work starts."""
    return typer.Option(*names, help=text, callback=tried, **more)


def written_folder(text: str, *names: str) -> Any:
    """An option for a folder to write to, likewise."""
    return typer.Option(*names, help=text, callback=tried_folder)


Json = Annotated[Path | None, written("Write the results to this file.", "--json")]
Mirror = Annotated[
    bool,
    typer.Option("--mirror", help="See each image mirrored too: better features, twice the work."),
]
Seed = Annotated[int, typer.Option(help="Seed of the stream and of the learner.")]
ModelFile = Annotated[
    Path,
    typer.Option(
        "--model",
        help="Compiled model, .tcm; one of the zoo; or one that is built in: mlp, cnv, mlp-small.",
    ),
]

Port = Annotated[
    str | None,
    typer.Option(
        "--port", help="Serial port, pty, socket://HOST:PORT, or a board's serial number."
    ),
]
Board = Annotated[
    str | None,
    typer.Option("--board", help="Emulated board to start instead, see 'tinycl boards'."),
]
Flash = Annotated[
    Path | None,
    typer.Option("--flash", help="Folder that is the emulated board's flash; kept."),
]
SentModel = Annotated[
    Path | None,
    typer.Option("--model", help="Compiled model (.tcm) to send if the board lacks it."),
]
Reset = Annotated[bool, typer.Option("--reset", help="Forget what the board has learned.")]
Wait = Annotated[
    float, typer.Option("--wait", help="Seconds to wait for a board that was unplugged.")
]
Patience = Annotated[
    float | None,
    typer.Option(
        "--patience",
        min=1,
        help=f"Seconds of silence after which a board counts as gone: {PATIENCE:.0f}; "
        "an emulated Pico's: 150.",
    ),
]

Command = Callable[..., None]


@contextmanager
def open_board(
    port: str | None,
    board: str | None = None,
    flash: Path | None = None,
    patience: float | None = None,
) -> Iterator[BoardClient]:
    """Connect to a board; it goes on serving afterwards, an emulated one ends.

    Parameters
    ----------
    port, board, flash, patience
        What the options of these names say. Without a port and an emulated board: the only board
        that is plugged in.

    Raises
    ------
    BoardError
        Both a port and an emulated board are named, or a flash folder without the latter.
    LinkError
        There is no such port, or no answer.
    """
    from rich.console import Console

    from tinycl.boards import start
    from tinycl.link import connect

    check_one_board(port, board, flash)
    with ExitStack() as stack:
        with Console().status(f"opening {board or port or 'the board'}"):
            if board is None:
                client = connect(port, patience or PATIENCE)
            else:
                machine = stack.enter_context(start(board, flash=flash))
                patience = patience or machine.patience
                client = connect(machine.port, patience, revive=machine.start)
        yield stack.enter_context(client)


def check_one_board(
    port: str | None, board: str | None, flash: Path | None, option: str = "--port"
) -> None:
    """BoardError: both a port (`option`) and an emulated board, or a flash folder without it."""
    if port is not None and board is not None:
        raise BoardError(f"expected {option} or --board, got both ({port}, {board})")
    if flash is not None and board is None:
        raise BoardError("--flash is an emulated board's: name it with --board")


def with_settings(command: Command) -> Command:
    """Give a verb an option for each field of `ExperimentSettings`, in place of ``settings``.

    Where ``settings`` is a list, each option takes several values, and the verb gets all their
    combinations. Otherwise it teaches a board, which has one setting and integers alone.
    """
    verb = inspect.signature(command, eval_str=True)
    many = verb.parameters["settings"].annotation == list[ExperimentSettings]
    metavar = "VALUE,..." if many else "VALUE"
    named = [f for f in fields(ExperimentSettings) if many or f.name != "arithmetic"]
    options = [_option(setting, metavar) for setting in named]

    def run(**given: Any) -> None:
        found = grid({option.name: given.pop(option.name) for option in options})
        if len(found) > 1 and not many:
            raise DataError("a board learns with one setting: give each option one value, no list")
        command(**given, settings=found if many else found[0])

    parameters = [p.replace(kind=p.KEYWORD_ONLY) for p in verb.parameters.values()]
    at = list(verb.parameters).index("settings")
    parameters[at : at + 1] = options
    run.__doc__ = command.__doc__
    run.__signature__ = verb.replace(parameters=parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in parameters}
    return run


def _option(setting: Field[Any], metavar: str | None) -> inspect.Parameter:
    """A setting as an option: flags and the seed as such, all else as text for the grid."""
    kind: Any = str if setting.default is not None else str | None
    default = setting.default
    if isinstance(default, bool) or setting.name == "seed":  # more seeds come from --seeds
        kind, metavar = type(default), None
    elif default is not None:
        default = str(default)
    name = f"--{setting.name.replace('_', '-')}"
    option = typer.Option(name, help=setting.metadata["help"], metavar=metavar)
    return inspect.Parameter(
        setting.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=default,
        annotation=Annotated[kind, option],
    )
