"""``tinycl convert``: a trained Keras model to Larq Compute Engine's file."""

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tinycl.cli import options as o
from tinycl.cli.importing import importing
from tinycl.cli.interrupt import keeping
from tinycl.cli.steps import next_step
from tinycl.files import write_json
from tinycl.table import Table
from tinycl.text import size

__all__ = ["command"]


def command(
    model: Annotated[
        Path, typer.Argument(help="Folder written by tinycl train, or a .keras or .h5 file.")
    ],
    out: Annotated[Path, o.written("File to write.", "--output", "-o")] = Path("backbone.tflite"),
    json_file: o.Json = None,
) -> None:
    """Convert a Larq model to a .tflite file, ready for tinycl compile.

    Examples:

      tinycl convert run -o run/backbone.tflite

      tinycl convert my_model.h5 -o my_model.tflite --json operators.json
    """
    with importing():
        from tinycl.compiler.lce_converter import convert, list_operators
        from tinycl.keras import import_lce

        import_lce()
    with keeping(lambda: f"interrupted; {out} was not written"):
        flatbuffer = convert(model, out)
    operators = list_operators(flatbuffer)
    console = Console()
    table = Table(out.name)
    table.words("operator")
    table.numbers("output")
    for operator in operators:
        table.add_row(operator["name"], "x".join(map(str, operator["output"][1:])))
    console.print(table)
    console.print(f"wrote {out}: {size(len(flatbuffer))}, {len(operators)} operators")
    next_step("compile", out, "-o", out.with_name("model.tcm"))
    counts = dict(Counter(operator["name"] for operator in operators))
    write_json(json_file, {"bytes": len(flatbuffer), "operators": operators, "counts": counts})
