"""Options that several verbs share, so that they are called the same everywhere."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

import typer

from tinycl.exceptions import DataError
from tinycl.experiment.settings import Settings
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
    "one_setting",
    "settings_grid",
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

_HELP = {
    "scenario": "nc:K: K new classes an experience; nc:K,first=N; nic:N: N experiences.",
    "order": "Order of the classes: natural or random (by seed).",
    "limit": "At most so many samples a class.",
    "epochs": "How often an experience brings its samples.",
    "seed": "Seed of the stream and of the learner.",
    "learn": "How deep it learns: head; tail:N, the last N binary layers too; full, all of them "
    "from scratch.",
    "method": "cwr; naive: no consolidation, for contrast; joint: all classes at once, the upper "
    "bound.",
    "replay": "Slots of the replay memory, or its bytes, such as 25kB or 1.5MiB.",
    "policy": "What stays in memory: random, reservoir, class-balanced, ring.",
    "replay_batch": "Replayed samples for each new one; ratio: slots / samples of an experience.",
    "arithmetic": "integer, or float32: the counterpart on the same stream.",
    "qf": "Bits of forward weights, 4..8.",
    "qb": "Bits of master weights, 8..16.",
    "gbits": "Bits of errors, 4..8.",
    "lr_shift": "The head's learning rate is 2 ** -N.",
    "stochastic": "Round the head's updates stochastically.",
    "rule": "Updates of the tail: proportional, sign or bop.",
    "tail_lr": "The tail's learning rate is 2 ** -N (proportional, bop).",
    "tail_step": "Rule sign: steps of N / 128.",
    "tail_decay": "Rule bop: the mean gradient decays by 2 ** -N a step.",
    "tail_margin": "Latent weights start N / 128 away from flipping; bop: the mean that flips.",
    "wide": "Latent weights of the tail in int16 instead of int8.",
    "thresholds": "Thresholds of the tail learn too.",
}
"""Help of each field of ``Settings``."""

Command = Callable[..., None]


def one_setting(command: Command) -> Command:
    """Give a verb that teaches a board all options of `Settings`; it gets ``settings``."""

    def pick(found: list[Settings]) -> Settings:
        if len(found) > 1:
            raise DataError("a board learns with one setting: give each option one value, no list")
        return found[0]

    return _with_options(command, pick, metavar="VALUE", without="arithmetic")


def settings_grid(command: Command) -> Command:
    """Give a verb the options of `Settings`, each taking a list; it gets ``settings``, a list."""
    return _with_options(command, lambda found: found, metavar="VALUE,...")


def _with_options(
    command: Command,
    pick: Callable[[list[Settings]], Any],
    metavar: str,
    without: str = "",
) -> Command:
    """`command` with options in place of its parameter ``settings``."""
    own = inspect.signature(command, eval_str=True)
    options = [_option(field, metavar) for field in fields(Settings) if field.name != without]
    names = {option.name for option in options}

    @functools.wraps(command)
    def wrapped(**given: Any) -> None:
        texts = {name: given.pop(name) for name in names}
        command(**given, settings=pick(grid(texts)))

    parameters = [
        p.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for name, p in own.parameters.items()
        if name != "settings"
    ]
    # The verb's first options, then what it learns with, then the rest.
    needed = [p for p in parameters if p.default is inspect.Parameter.empty]
    rest = [p for p in parameters if p.default is not inspect.Parameter.empty]
    ordered = [*needed, *options, *rest]
    wrapped.__signature__ = own.replace(parameters=ordered)  # type: ignore[attr-defined]
    wrapped.__annotations__ = {p.name: p.annotation for p in ordered}
    return wrapped


def _option(field: Any, metavar: str) -> inspect.Parameter:
    """A field as an option: flags and the seed as such, all else as text for the grid."""
    kind: Any = str | None if field.default is None else str
    default: Any = None if field.default is None else str(field.default)
    if isinstance(field.default, bool) or field.name == "seed":  # more seeds come from --seeds
        kind, default, metavar = type(field.default), field.default, ""
    name = f"--{field.name.replace('_', '-')}"
    option = typer.Option(name, help=_HELP[field.name], metavar=metavar or None)
    return inspect.Parameter(
        field.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=default,
        annotation=Annotated[kind, option],
    )
