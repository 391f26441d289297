"""Count the instructions from pixels to a predicted class on an emulated board.

    python -m tools.bench.inference model.tcm
    python -m tools.bench.inference model.tcm --board cortex-m0 --backend viper --json counts.json

The whole of `Learner.predict` with ten classes, Python included: binary network, features, head.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from tinycl.boards import Board
from tinycl.boards.registry import BUILT
from tools.bench.kernels import BACKENDS
from tools.boards.workload import run_workload
from tools.command import COUNTING, command_line, tool, write_json


@tool("bench.inference")
def main(words: list[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = command_line(__doc__)
    parser.add_argument("model", type=Path, help="compiled model")
    parser.add_argument("--board", choices=COUNTING, default="cortex-m3")
    parser.add_argument("--backend", action="append", choices=BACKENDS)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows as a list")
    options = parser.parse_args(words)
    rows = measure(BUILT[options.board], options.model.read_bytes(), options.backend or ["native"])
    for row in rows:
        print(f"{row['board']}, {row['backend']}: {row['instructions']:,} instructions")
    write_json(options.json, rows)
    return 0


def measure(board: Board, data: bytes, backends: list[str]) -> list[dict[str, Any]]:
    """Return rows of board, backend, instructions; the model is read in place from flash.

    Raises
    ------
    BoardError
        If the board or the native module cannot be built, or the work fails on the board.
    """
    call = f"import inference_workload as w; w.run('/rom/model.tcm', {tuple(backends)!r})"
    rows = run_workload(board, ["inference_workload"], [call], model=data)
    return [{"board": board.name, **row} for row in rows]


if __name__ == "__main__":
    sys.exit(main())
