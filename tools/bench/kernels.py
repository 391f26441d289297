"""Count the instructions of every kernel set on emulated boards.

    python -m tools.bench.kernels                                    cortex-m3 and cortex-m0
    python -m tools.bench.kernels --board cortex-m3 --json m3.json
    python -m tools.bench.kernels --backend native --backend viper

Whole operators, as called from Python, gathering, thresholds and checks included; QEMU counts
single instructions, so the figures are the same on any computer. 3x3 convolutions count every tap
of padding "same" as a MAC. head_step is all of ``Head.step``, prediction and learning with the
Python around the kernels; head_kernels is the kernels' part of it. The head's MACs are those of
the logits and of the update. float_* are real-valued operators, an output for a MAC where there
is none: nearly all is the compiler's arithmetic of floats, as these processors have none.
tail_*: five images of 4x4 positions through a layer that learns: forward, back (errors of its
inputs), update (gradient and step); no error is 0, which would be skipped.
lda_*: heads of class sums. With 1,024 features, class_add adds a sample to a sum, and fold takes
one into a covariance, an entry of a row for a MAC. refresh makes the weights of ten
classes anew with 512 features and 32 rows, with the Python around the kernels.
sound_*: 320 samples that complete a frame of log-mel bands, and the window of 49 frames for a
model; a sample or a byte for a MAC.

Floor: the instructions that the arithmetic cannot do without on that processor, for one MAC (see
FLOORS). What is above it is gathering windows, spilled registers, loops, thresholds and calls.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tinycl.boards import Board
from tools.boards.workload import run_workload
from tools.command import COUNTING, boards, command_line, tool, write_json

BACKENDS = ("reference", "viper", "native")

# Binary convolution, for one word of 32 MACs: two loads, three words each; one XOR; 12/18 of a
# carry-save adder and 1/18 of turning six words of carries into a number. Thumb-2 adds in five
# instructions and sums in 49; Thumb-1, with two operands and no shift in them, in six and 68.
# 8-bit convolution, for four MACs of two channels and two positions: a load of two pixels, two
# of weights, two multiplications of both pixels. Thumb-1: three instructions for the pixels, a
# multiplication and an addition for each MAC. Head, the mean of logits and update: half a load
# of two weights, half a feature's, rounding, shift, multiply-add; then load, bring into Q15,
# half a feature's load, multiply-subtract, bring back, store.
FLOORS = {
    "cortex-m3": {"binary": (2 / 3 + 1 + 60 / 18 + 49 / 18) / 32, "first": 1.25, "head": 4.75},
    "cortex-m0": {"binary": (2 / 3 + 1 + 72 / 18 + 68 / 18) / 32, "first": 3.25, "head": 6.75},
}


@tool("bench")
def main(words: list[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = command_line(__doc__)
    parser.add_argument("--board", action="append", choices=COUNTING)
    parser.add_argument("--backend", action="append", choices=BACKENDS)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows as a list")
    options = parser.parse_args(words)
    rows = []
    for board in boards(options.board):
        rows += measure(board, options.backend or list(BACKENDS))
    show(rows)
    write_json(options.json, rows)
    return 0


def measure(board: Board, backends: list[str]) -> list[dict[str, Any]]:
    """Return rows of kernel, backend, board, instructions, macs, instructions_per_mac, floor.

    Raises
    ------
    BoardError
        If the board or the native module cannot be built, or the work fails on the board.
    """
    works = ("kernel_workloads", "lda_workloads", "sound_workloads")
    calls = [f"import {work}; {work}.run({name!r})" for work in works for name in backends]
    rows = []
    for row in run_workload(board, [*works, "tail_workloads"], calls):
        floor = FLOORS.get(board.name, {}).get(row["kernel"].split("_")[0])
        rows.append(
            {
                **row,
                "board": board.name,
                "instructions_per_mac": row["instructions"] / row["macs"],
                "floor_per_mac": floor,
            }
        )
    return rows


def show(rows: list[dict[str, Any]]) -> None:
    """Print the rows as one table."""
    table = Table("board", "kernel", "backend", title="Instructions, counted by QEMU")
    for heading in ("instructions", "MACs", "per MAC", "floor", "x floor"):
        table.add_column(heading, justify="right")
    before = None
    for row in sorted(rows, key=lambda row: (row["board"], row["kernel"]), reverse=True):
        place = (row["board"], row["kernel"])
        if before and place != before:
            table.add_section()
        before = place
        per_mac, floor = row["instructions_per_mac"], row["floor_per_mac"]
        table.add_row(
            *place,
            row["backend"],
            f"{row['instructions']:,}",
            f"{row['macs']:,}",
            f"{per_mac:.3f}",
            f"{floor:.3f}" if floor else "",
            f"{per_mac / floor:.2f}" if floor else "",
        )
    Console(width=110).print(table)


if __name__ == "__main__":
    sys.exit(main())
