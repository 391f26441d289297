"""Count the instructions from pixels to a predicted class on an emulated board.

    python -m tools.bench.inference model.tcm
    python -m tools.bench.inference model.tcm --board cortex-m0 --backend viper --json counts.json

The whole of `Learner.predict` with ten classes, Python included: binary network, features, head.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from tinycl.boards import Board
from tinycl.boards.registry import BUILT
from tinycl.exceptions import BoardError
from tools.bench.kernels import BACKENDS
from tools.boards.workload import run_workload


def main(words: list[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    counting = [name for name, board in BUILT.items() if board.emulator]
    parser.add_argument("model", type=Path, help="compiled model")
    parser.add_argument("--board", choices=counting, default="cortex-m3")
    parser.add_argument("--backend", action="append", choices=BACKENDS)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows as a list")
    options = parser.parse_args(words)
    try:
        rows = measure(
            BUILT[options.board], options.model.read_bytes(), options.backend or ["native"]
        )
    except (BoardError, OSError) as error:
        print(f"bench.inference: {error}", file=sys.stderr)
        return 1
    for row in rows:
        print(f"{row['board']}, {row['backend']}: {row['instructions']:,} instructions")
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n")
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
