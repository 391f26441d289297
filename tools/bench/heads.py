"""Bytes and instructions of each head with C kernels, measured on a board with a large heap.

    python -m tools.bench.heads                        ten classes of 512 and of 1,024 features
    python -m tools.bench.heads --classes 64 --features 512 --rank 32

Bytes are those of the heap that the head takes, its buffers included; not its code, nor a replay
memory. ``learn`` takes one sample, ``predict`` features that are there already, and ``end`` makes
the weights for predictions; all with the Python around the kernels. A rank of 0 is the default.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from tinycl_rt.config import Config

from tinycl.boards.registry import LARGE
from tools.boards.workload import run_workload
from tools.command import command_line, tool, write_json

_HEADS = ("lda", "mean", "cwr")


@tool("bench.heads")
def main(words: list[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = command_line(__doc__)
    parser.add_argument("--classes", type=int, default=10)
    parser.add_argument("--features", type=int, nargs="+", default=[512, 1024])
    parser.add_argument("--rank", type=int, default=0, help="rows of lda's covariance")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows as a list")
    options = parser.parse_args(words)
    rows = measure(options.classes, options.features, options.rank)
    print(f"{'head':22}{'bytes':>10}{'learn':>12}{'predict':>12}{'end':>12}")
    for row in rows:
        numbers = "".join(f"{row[name]:12,}" for name in ("learn", "predict", "end"))
        print(f"{row['title']:22}{row['bytes']:10,}{numbers}")
    write_json(options.json, rows)
    return 0


def measure(classes: int, features: list[int], rank: int = 0) -> list[dict[str, Any]]:
    """Rows of head, title, classes, features, rank, bytes, learn, predict and end.

    Raises
    ------
    BoardError
        If the board is not built, or the work fails on it.
    """
    cases = [(head, d) for d in features for head in _HEADS]
    ranks = [_rows(classes, head, d, rank) for head, d in cases]
    calls = [
        f"import head_workloads; head_workloads.run({head!r}, {classes}, {d}, {rows})"
        for (head, d), rows in zip(cases, ranks, strict=True)
    ]
    found = run_workload(LARGE, ["head_workloads", "lda_workloads"], calls)
    return [
        {
            **row,
            "title": f"{head} {d}" + (f" x {rows}" if rows else ""),
            **{"classes": classes, "features": d, "rank": rows},
        }
        for row, (head, d), rows in zip(found, cases, ranks, strict=True)
    ]


def _rows(classes: int, head: str, features: int, rank: int) -> int:
    """Rows of the covariance; only lda has any."""
    return int(Config(classes=classes, head=head, rank=rank * (head == "lda")).rows(features))


if __name__ == "__main__":
    sys.exit(main())
