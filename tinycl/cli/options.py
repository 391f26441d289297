"""Options that several verbs share, so that they are called the same everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = [
    "Data",
    "Gbits",
    "Json",
    "Learn",
    "Limit",
    "LrShift",
    "Method",
    "ModelFile",
    "Order",
    "Policy",
    "Qb",
    "Qf",
    "Replay",
    "Replays",
    "Scenario",
    "Seed",
    "Stochastic",
]

Data = Annotated[
    str,
    typer.Option(
        "--data",
        help="Data set: digits, mnist, fashion_mnist, cifar10, cifar100, npz:PATH, csv:PATH, "
        "folder:PATH.",
    ),
]
Gbits = Annotated[int, typer.Option(help="Bits of the output error, 4..8.")]
Json = Annotated[Path | None, typer.Option("--json", help="Write the results to this file.")]
Learn = Annotated[str, typer.Option(help="How deep it learns: head.")]
Limit = Annotated[int | None, typer.Option(help="At most so many samples a class.")]
LrShift = Annotated[int, typer.Option(help="The learning rate is 2 ** -N.")]
Method = Annotated[str, typer.Option(help="cwr, or naive: no consolidation, for contrast.")]
ModelFile = Annotated[Path, typer.Option("--model", help="Compiled model, .tcm.")]
Order = Annotated[str, typer.Option(help="Order of the classes: natural or random (by seed).")]
Policy = Annotated[
    str, typer.Option(help="What stays in memory: random, reservoir, class-balanced, ring.")
]
Qb = Annotated[int, typer.Option(help="Bits of master weights, 8..16.")]
Qf = Annotated[int, typer.Option(help="Bits of forward weights, 4..8.")]
Replay = Annotated[int, typer.Option(help="Slots of the replay memory.")]
Replays = Annotated[int, typer.Option(help="Replayed samples for each new one.")]
Scenario = Annotated[
    str,
    typer.Option(help="nc:K: K new classes an experience; nc:K,first=N; nic:N: N experiences."),
]
Seed = Annotated[int, typer.Option(help="Seed of the stream and of the learner.")]
Stochastic = Annotated[bool, typer.Option("--stochastic", help="Round updates stochastically.")]
