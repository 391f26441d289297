"""Count what each kind of layer takes on an emulated board, for the estimates of the compiler.

    python -m tools.bench.layers                            cortex-m3 and cortex-m0
    python -m tools.bench.layers --board cortex-m3 --model model.tcm

Prints, for each kernel set, instructions a unit of work (see ``compiler.fit.cost``), and beside
each counted layer what the compiler estimates. Without --model the backbone is the one that
`tinycl train --size 16k` makes for 16 x 16 x 3 pixels, with random weights.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tinycl.boards import Board
from tinycl.compiler.fit.cost import estimate, unit, units
from tools.bench.kernels import BACKENDS
from tools.bench.synthetic_model import synthetic_model
from tools.boards.workload import run_workload
from tools.command import COUNTING, boards, command_line, tool, write_json


@tool("bench.layers")
def main(words: list[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = command_line(__doc__)
    parser.add_argument("--board", action="append", choices=COUNTING)
    parser.add_argument("--backend", action="append", choices=BACKENDS)
    parser.add_argument("--model", type=Path, help="compiled model")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows as a list")
    options = parser.parse_args(words)
    data = options.model.read_bytes() if options.model else synthetic_model((16, 16, 3), "16k")
    rows = []
    for board in boards(options.board):
        rows += measure(board, data, options.backend or list(BACKENDS))
    show(rows)
    write_json(options.json, rows)
    return 0


def measure(board: Board, data: bytes, backends: list[str]) -> list[dict[str, Any]]:
    """Return rows of board, backend, unit, units, instructions, estimate."""
    call = f"import layer_workload as w; w.run('/rom/model.tcm', {tuple(backends)!r})"
    rows = []
    for row in run_workload(board, ["layer_workload"], [call], model=data):
        code, p = row["code"], row["p"]
        rows.append(
            {
                "board": board.name,
                "backend": row["backend"],
                "unit": unit(code, p),
                "units": units(code, p),
                "instructions": row["instructions"],
                "estimate": estimate(code, p, board.arch, row["backend"]),
            }
        )
    return rows


def show(rows: list[dict[str, Any]]) -> None:
    """Print the rows as one table."""
    table = Table("board", "backend", "unit", title="Instructions, counted by QEMU")
    for heading in ("units", "instructions", "a unit", "estimate", "off"):
        table.add_column(heading, justify="right")
    for row in rows:
        said = row["estimate"]
        table.add_row(
            *(row[key] for key in ("board", "backend", "unit")),
            f"{row['units']:,}",
            f"{row['instructions']:,}",
            f"{row['instructions'] / row['units']:.3f}",
            f"{said:,}" if said else "",
            f"{said / row['instructions'] - 1:+.0%}" if said else "",
        )
    Console(width=110).print(table)


if __name__ == "__main__":
    sys.exit(main())
