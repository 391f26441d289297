"""``tinycl demo``: the whole job, end to end, on an emulated board."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from tinycl.cli import options as o
from tinycl.cli.importing import importing
from tinycl.cli.interrupt import keeping
from tinycl.exceptions import BoardError, UnsavedError
from tinycl.files import write_json
from tinycl.table import Table
from tinycl.text import size
from tinycl.ui.progress import Live

__all__ = ["command"]


def command(
    board: Annotated[str, typer.Option(help="Emulated board, see 'tinycl boards'.")] = "cpython",
    output: Annotated[
        Path, o.written_folder("Folder for model, summary and report.", "--output", "--out", "-o")
    ] = Path("runs/demo"),
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Train again even if there is a backbone.")
    ] = False,
    kernels: Annotated[
        str,
        typer.Option(help="Kernels of the board cpython: numpy, or reference (plain Python)."),
    ] = "numpy",
    seed: o.Seed = 1,
    json: o.Json = None,
) -> None:
    """See a board learn: digits 0-4 from a laptop, digits 5-9 on the board, one after another.

    Trains a binary network with Larq, converts it with Larq Compute Engine, compiles it, starts
    an emulated board, sends the model over its serial port, and streams labelled samples. Writes
    summary.json and report.html.

    Examples:

        tinycl demo

        tinycl demo --fresh --seed 2 -o runs/second
    """
    with importing():
        from tinycl.boards import start
        from tinycl.experiment.demo import run_demo
        from tinycl.report import write_report

    def kept() -> str:
        if not (output / "training.json").is_file():
            return "interrupted before a backbone was trained: the same command begins again"
        return (
            f"interrupted; {output} keeps the trained backbone: the same command "
            "without --fresh goes on with it"
        )

    console = Console()
    names = tuple(str(n) for n in range(10))
    words = f"tinycl demo --board {board} --seed {seed}"
    options = {}
    if board == "cpython":
        options["kernels"] = kernels
        words += f" --kernels {kernels}"
    with keeping(kept), Live(console, names) as live:
        summary = run_demo(output, start(board, **options), fresh, seed, console, live, words)
    write_json(output / "summary.json", summary)
    write_json(json, summary)
    write_report(summary, output / "report.html")
    console.print(_table(summary))
    same = summary["board_fingerprint"] == summary["simulator_fingerprint"]
    console.print(
        f"state on the board {summary['board_fingerprint']}, on the simulator "
        f"{summary['simulator_fingerprint']}: {'the same, bit for bit' if same else 'DIFFERENT'}",
        highlight=False,
    )
    console.print(f"wrote {output / 'report.html'}", highlight=False, markup=False)
    if not same:
        raise BoardError("the board and the simulator learned different states: this is a bug")
    if not summary["saved"]:
        raise UnsavedError("the board could not save what it learned: is the disk full?")


def _table(s: dict[str, Any]) -> Table:
    table = Table("what happened", show_header=False)
    table.words("")
    table.numbers("")
    for e, accuracy in zip(s["experiences"], s["accuracy_after_experience"], strict=True):
        brought = ", ".join(str(c) for c in e["classes"])
        table.add_row(f"accuracy after experience {e['number']} ({brought})", f"{accuracy:.1%}")
    table.add_section()
    table.add_row("final accuracy, all ten digits", f"[bold]{s['final_accuracy']:.1%}")
    table.add_row("the same by naive training", f"{s['naive_final_accuracy']:.1%}")
    table.add_row("forgetting", f"{s['forgetting']:.1%}")
    table.add_section()
    rate = s["samples_per_second"]
    table.add_row("samples streamed", f"{s['samples_streamed']} ({rate:.0f} a second)")
    table.add_row("model", size(s["model_bytes"]))
    table.add_row("head", size(s["head_bytes"]))
    if s["replay_slots"]:
        table.add_row(f"replay memory, {s['replay_slots']} latents", size(s["replay_bytes"]))
        table.add_row("the same in float32", size(s["replay_bytes_float32"]))
    return table
