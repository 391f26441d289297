"""``tinycl report``: make the page of a finished run again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tinycl.cli import options as o

__all__ = ["command"]


def command(
    run_dir: Annotated[
        Path, typer.Argument(metavar="RUN_DIR", help="Folder of a run: it holds summary.json.")
    ],
    output: Annotated[
        Path | None,
        o.written("Where to write it; RUN_DIR/report.html unless given.", "--output", "-o"),
    ] = None,
) -> None:
    """Make report.html from a run's summary.json.

    The page holds everything itself: it opens without a network and can be sent as one file.

    Examples:

        tinycl report runs/demo

        tinycl report runs/demo -o demo.html
    """
    from rich.console import Console

    from tinycl.report import read_summary, write_report

    target = output or run_dir / "report.html"
    write_report(read_summary(run_dir / "summary.json"), target)
    Console().print(f"wrote {target}", highlight=False, markup=False, soft_wrap=True)
