"""``tinycl zoo``: backbones that come with tinycl."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tinycl.cli import options as o
from tinycl.cli.steps import next_step
from tinycl.files import write_file, write_json
from tinycl.text import size

if TYPE_CHECKING:
    from tinycl.zoo import Card

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="A name that 'tinycl zoo list' shows.")]


@app.command("list")
def list_models(json_file: o.Json = None) -> None:
    """Show what there is.

    Examples:

        tinycl zoo list

        tinycl zoo list --json zoo.json
    """
    from rich.console import Console

    from tinycl.table import Table
    from tinycl.zoo import card, names

    cards = [card(name) for name in names()]
    table = Table("Zoo")
    table.words("name", whole=True)
    table.words("for", "pretrained on")
    table.numbers("accuracy", "flash", "instructions\non Cortex-M3")
    for one in cards:
        table.add_row(
            one.name,
            one.title,
            one.pretrained_on,
            f"{one.test_accuracy:.1%}",
            size(one.flash_bytes),
            f"{one.instructions_cortex_m3:,}",
        )
    Console().print(table)
    write_json(json_file, [asdict(one) for one in cards])


@app.command()
def show(name: Name, json_file: o.Json = None) -> None:
    """Show a backbone's card: what it was trained on, what it costs, how it transfers.

    Example:

        tinycl zoo show colour-s
    """
    from tinycl.zoo import card

    one = card(name)
    _print(one)
    write_json(json_file, asdict(one))


@app.command()
def get(
    name: Name,
    output: Annotated[
        Path | None, o.written("File. [default: NAME.tcm, or NAME-mirrored.tcm]", "--output", "-o")
    ] = None,
    mirror: o.Mirror = False,
) -> None:
    """Write a backbone's compiled model, for stream, simulate, flash and the board.

    Verbs that take --model also take the name. With --mirror the board sees each image and its
    mirror image, see 'tinycl compile --help'.

    Examples:

        tinycl zoo get colour-s -o model.tcm

        tinycl zoo get colour-s2 --mirror -o mirrored.tcm

        tinycl simulate --model colour-s --data cifar10 --scenario nc:2 --limit 100
    """
    from tinycl.zoo import model

    data = model(name)
    if mirror:
        from tinycl.compiler.recompile import mirror_tcm

        data = mirror_tcm(data)
    path = output or Path(f"{name}-mirrored.tcm" if mirror else f"{name}.tcm")
    write_file(path, data)
    print(f"wrote {path}: {size(len(data))}")
    next_step("label", "--model", path, "--port", "PORT")


@app.command()
def check(
    name: Name,
    data: Annotated[
        str | None, typer.Option("--data", help="Data set; by default that of the card.")
    ] = None,
    json_file: o.Json = None,
) -> None:
    """Measure a backbone's test accuracy again: the board's integers, with the head of the zoo.

    Example:

        tinycl zoo check colour-s
    """
    from tinycl_rt.model.loader import Model

    from tinycl.data import load
    from tinycl.exceptions import DataError
    from tinycl.zoo import card, head, model

    one, classifier = card(name), head(name)
    dataset = load(data or one.tested_on)
    if dataset.num_classes > len(classifier.bias):
        raise DataError(
            f"the head of {name} tells {len(classifier.bias)} classes apart, {dataset.name} has "
            f"{dataset.num_classes}: measure it on {one.tested_on}"
        )
    found = classifier.predict(Model(model(name)), dataset.x_test)
    accuracy = float((found == dataset.y_test).mean())
    print(f"{name} on {dataset.name}: {accuracy:.2%} of {len(found):,} test samples")
    write_json(
        json_file,
        {"name": name, "data": dataset.name, "test_accuracy": accuracy, "samples": len(found)},
    )


def _print(one: Card) -> None:
    from rich.console import Console

    from tinycl.table import Table

    console = Console()
    about = Table(f"{one.name}: {one.title}", show_header=False)
    about.words("", "")
    rows = {
        "input": f"{' x '.join(map(str, one.input_shape))} bytes: {one.pixels}",
        "pretrained on": f"{one.pretrained_on}, seed {one.seed}",
        "trained by": one.training_command,
        "test accuracy": f"{one.test_accuracy:.1%} on {one.tested_on}, head of int8",
        "flash": size(one.flash_bytes),
        "a replayed latent": size(one.latent_bytes),
        "features": f"{one.features:,}",
        "MACs": f"{one.binary_macs:,} binary, {one.first_macs:,} of 8 bits",
        "instructions, Cortex-M3": f"{one.instructions_cortex_m3:,}",
        "fingerprint": one.fingerprint,
    }
    for key, value in rows.items():
        about.add_row(key, value)
    for what in one.tried:
        about.add_row("tried", what)
    console.print(about)
    table = Table("Learned later, class by class")
    table.words("data", "scenario")
    table.numbers("accuracy")
    table.numbers("seeds", optional=True)
    for row in one.transfer:
        table.add_row(
            row["data"],
            row["scenario"],
            f"{row['accuracy']:.1%} ± {row['spread']:.1%}",
            str(row["seeds"]),
        )
    console.print(table)
