"""Compare backbones with what they know when they see each image mirrored too.

    python -m tools.zoo.mirrored --json FILE

A learner with the default head gets 5, 20, 200 and 1,000 samples a class, where there are as many,
and is tested on 2,000. Photographs lose nothing when left and right change places; letters do.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from tinycl_rt.model.loader import Model

from tinycl.compiler.recompile import mirror_tcm
from tinycl.data import load
from tinycl.data.dataset import Dataset
from tinycl.zoo import model
from tools.command import command_line, tool, write_json
from tools.zoo.pixels import compare

_LIMITS = (5, 20, 200, 1000)


@tool("zoo.mirrored")
def main(words: list[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = command_line(__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(words)
    rows = []
    print("| set, backbone | samples a class | once | mirrored too |")
    print("|---|---|---|---|")
    for name, dataset in _pairs():
        data = model(name)
        models = {"once": Model(data), "mirrored": Model(mirror_tcm(data))}
        limits = tuple(n for n in _LIMITS if n <= np.bincount(dataset.y_train).min())
        for row in compare(dataset, models, options.seeds, limits):
            rows.append({"model": name, **row})
            cells = [f"{row[key]:.1%}" for key in models]
            place = f"{dataset.name}, `{name}`"
            print(f"| {place} | {row['samples']:,} | {' | '.join(cells)} |", flush=True)
    write_json(options.json, rows)
    return 0


def _pairs() -> Iterator[tuple[str, Dataset]]:
    """Backbones, and data sets that they were not trained on."""
    yield "colour-s", load("cifar10")
    yield "colour-s2", load("cifar10")
    yield "grey2", load("letters")


if __name__ == "__main__":
    sys.exit(main())
