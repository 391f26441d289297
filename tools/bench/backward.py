"""Count a quantised backward pass against float32 ones on an emulated board.

    python -m tools.bench.backward                          cortex-m3
    python -m tools.bench.backward --board cortex-m3 --json backward.json

The layer is a 3x3 binary convolution, 32 to 32 channels (as many as fit a small board's heap in
float32), on 4x4 positions and five images: errors of its inputs (d = e . w^T) and gradients of its
weights (dW = x^T e). The board checks that both passes give the same numbers. Whole kernels as
called from Python; QEMU counts single instructions, so the figures are the same on any computer.
The float32 passes (backward_float.c) go through the same loops, skip errors that are 0,
and are compiled like the product's kernels. One multiplies: what a framework's backward pass does
with float32 weights. The other knows that weights and activations are +-1, and adds or subtracts.

Ratios are float32 instructions over quantised ones, of both products; the quantised weight
gradient includes its step of the update rule, the float32 one plain gradient descent.
`--share N`: N of 256 errors are not 0.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tinycl.boards import Board
from tinycl.boards.cache import source_folder
from tinycl.boards.registry import BUILT
from tinycl.exceptions import BoardError
from tools.boards.paths import ON_BOARD, PROJECT
from tools.boards.workload import run_workload
from tools.command import COUNTING, command_line, tool, write_json

SOURCE = ON_BOARD / "backward_float.c"
_RUN = "import tail_workloads; tail_workloads.compare(%d)"


@tool("bench")
def main(words: list[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = command_line(__doc__)
    parser.add_argument("--board", choices=COUNTING, default="cortex-m3")
    parser.add_argument("--share", type=int, default=128, help="errors of 256 that are not 0")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the result")
    options = parser.parse_args(words)
    if not 1 <= options.share <= 256:
        parser.error("expected --share from 1 to 256")
    result = measure(BUILT[options.board], options.share)
    show(result)
    write_json(options.json, result)
    return 0


def measure(board: Board, share: int = 128) -> dict[str, Any]:
    """Return instructions of each pass, their ratio, and whether the gradients were equal.

    Parameters
    ----------
    board : Board
        Any but the unix port.
    share : int
        Errors, of 256, that are not 0.

    Raises
    ------
    BoardError
        If the board or a native module cannot be built, or the work fails on the board.
    """
    with tempfile.TemporaryDirectory() as name:
        floats = build_floats(board.arch, Path(name) / "floats")
        [counted] = run_workload(board, ["tail_workloads"], [_RUN % share], native=[floats])
    quantised = counted["quantised"]["back"] + counted["quantised"]["update"]
    result = {"board": board.name, "nonzero_errors": share / 256, "macs": counted["macs"]}
    for kind in ("float32", "float32_signs"):
        total = counted[kind]["back"] + counted[kind]["update"]
        result[f"{kind}_instructions"] = total
    return {
        **result,
        "quantised_instructions": quantised,
        "ratio": result["float32_instructions"] / quantised,
        "ratio_to_signs": result["float32_signs_instructions"] / quantised,
        "parts": {kind: counted[kind] for kind in ("quantised", "float32", "float32_signs")},
    }


def build_floats(arch: str, folder: Path) -> Path:
    """Build backward_float.mpy by the rules of the product's kernels."""
    if not shutil.which("make"):
        raise BoardError("no make to build with: run tools/boards/setup.sh")
    native = PROJECT / "firmware" / "native"
    work = folder / "build"
    work.mkdir(parents=True)
    shutil.copy(SOURCE, work)
    command = ["make", "-C", str(work), "-f", str(native / "mpy" / "module.mk"), f"ARCH={arch}"]
    command += [f"HERE={native}", f"MPY_DIR={source_folder()}", f"PYTHON={sys.executable}"]
    command += ["MOD=backward_float", "SRC=backward_float.c", "FAST=backward"]
    ran = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if ran.returncode:
        tail = "\n".join((ran.stdout + ran.stderr).strip().splitlines()[-10:])
        raise BoardError(f"backward_float.c does not build for {arch}:\n{tail}")
    target = folder / f"{arch}_6.3"
    target.mkdir()
    shutil.copy(work / "backward_float.mpy", target)
    return folder


def show(result: dict[str, Any]) -> None:
    """Print one table."""
    share = f"{result['nonzero_errors']:.0%} of errors not 0"
    table = Table("pass", title=f"Backward pass on {result['board']}, {share}")
    for heading in ("errors", "weights", "together", "per MAC", "of quantised"):
        table.add_column(heading, justify="right")
    parts = result["parts"]
    for kind, name in (
        ("quantised", "quantised"),
        ("float32_signs", "float32, signs only add"),
        ("float32", "float32, multiplying"),
    ):
        total = parts[kind]["back"] + parts[kind]["update"]
        table.add_row(
            name,
            *(f"{parts[kind][key]:,}" for key in ("back", "update")),
            f"{total:,}",
            f"{total / 2 / result['macs']:.2f}",
            f"{total / result['quantised_instructions']:.1f}",
        )
    Console(width=100).print(table)


if __name__ == "__main__":
    sys.exit(main())
