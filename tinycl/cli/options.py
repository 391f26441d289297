"""Options that several verbs share, so that they are called the same everywhere."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import Field, fields
from pathlib import Path
from typing import Annotated, Any

import typer

from tinycl.exceptions import DataError
from tinycl.experiment.settings import ExperimentSettings
from tinycl.experiment.sweep.grid import grid

__all__ = [
    "BoardFlash",
    "Data",
    "Json",
    "ModelFile",
    "Reset",
    "Seed",
    "SentModel",
    "StreamBoard",
    "StreamPort",
    "Wait",
    "with_settings",
]

Data = Annotated[
    str,
    typer.Option(
        "--data",
        help="Data set: digits, mnist, fashion_mnist, cifar10, cifar100, npz:PATH, csv:PATH, "
        "folder:PATH.",
    ),
]
Json = Annotated[Path | None, typer.Option("--json", help="Write the results to this file.")]
Seed = Annotated[int, typer.Option(help="Seed of the stream and of the learner.")]
ModelFile = Annotated[
    Path,
    typer.Option(
        "--model",
        help="Compiled model, .tcm; one of the zoo; or one that is built in: mlp, cnv, mlp-small.",
    ),
]

StreamPort = Annotated[
    str | None,
    typer.Option(
        "--port", help="Serial port, pty, socket://HOST:PORT, or a board's serial number."
    ),
]
StreamBoard = Annotated[
    str, typer.Option("--board", help="Without --port: the emulated board to start.")
]
BoardFlash = Annotated[
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

Command = Callable[..., None]


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
