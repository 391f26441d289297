"""``tinycl memory``: what training a network from scratch needs, tensor by tensor."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tinycl.cli import options as o

__all__ = ["command"]

_MIB = 1 << 20


def command(
    model: Annotated[
        str, typer.Argument(help="mlp, cnv, binarynet, or a Keras model: .keras, .h5, folder.")
    ],
    batch: Annotated[int, typer.Option(help="Samples a step.")] = 100,
    method: Annotated[
        str,
        typer.Option(help="standard: float32 kept; low-memory: bits and float16 kept."),
    ] = "low-memory",
    optimizer: Annotated[str, typer.Option(help="adam, sgd (with momentum) or bop.")] = "adam",
    json: o.Json = None,
) -> None:
    """Work out the memory that training all layers of a network takes.

    Standard training keeps every activation, gradient and momentum as float32. The low-memory
    method keeps activations and weight gradients as bits and the rest as float16.

    Examples:

        tinycl memory binarynet --batch 100 --method low-memory

        tinycl memory mlp --method standard --optimizer sgd --json memory.json

        tinycl memory runs/mnist/backbone.keras
    """
    from rich.console import Console

    from tinycl.edge.memory import METHODS, extra_bits, rows, total_bytes
    from tinycl.exceptions import ModelError
    from tinycl.files import write_json
    from tinycl.models.networks import NETWORKS
    from tinycl.table import Table
    from tinycl.text import size

    rows(NETWORKS["mlp"].shapes(), batch, method, optimizer)  # refuse options before loading
    if model in NETWORKS:
        shapes = NETWORKS[model].shapes()
    elif Path(model).suffix or Path(model).exists():
        from tinycl.edge.describe import describe
        from tinycl.models.files import load_model

        shapes = describe(load_model(model))
    else:
        raise ModelError(f"expected {', '.join(NETWORKS)} or a Keras file, got {model!r}")

    tables = {name: rows(shapes, batch, name, optimizer) for name in METHODS}
    totals = {name: total_bytes(table) for name, table in tables.items()}
    view = Table(f"{model}, batch {batch}, {optimizer}, {method}")
    view.words("tensor")
    view.numbers("elements", "memory")
    view.words("kept as")
    for row in tables[method]:
        kept = size(row.bytes, "MiB", digits=2)
        view.add_row(row.tensor, f"{row.elements:,}", kept, row.kept_as)
    view.add_section()
    view.add_row("total", "", size(totals[method], "MiB", digits=2), "")
    console = Console()
    console.print(view)
    ratio = totals["standard"] / totals["low-memory"]
    console.print(
        ", ".join(f"{name} {size(total, 'MiB', digits=2)}" for name, total in totals.items())
        + f": {ratio:.2f} times less",
        highlight=False,
    )
    write_json(
        json,
        {
            "model": model,
            "batch": batch,
            "method": method,
            "optimizer": optimizer,
            "rows": [
                {
                    "tensor": row.tensor,
                    "elements": row.elements,
                    "kept_as": row.kept_as,
                    "bytes": row.bytes,
                    "mib": row.bytes / _MIB,
                }
                for row in tables[method]
            ],
            "total_mib": totals[method] / _MIB,
            "ratio": ratio,
            "straight_through_mib": extra_bits(shapes, batch) / 8 / _MIB,
        },
    )
