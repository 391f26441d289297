"""Compare ways to a backbone for a small set of one's own.

    python -m tools.zoo.small_sets                            about half an hour on two cores
    python -m tools.zoo.small_sets --set letters --samples 20 --json small.json

Each set gives the first 20, 50 and 100 training samples of each class, and is measured on the last
200: other recordings of the same people, and no sample of a test set. A linear classifier gets
them as pixels; as features of a backbone of the zoo as it is; of a backbone trained on them alone;
and of the zoo's, adapted to them (`tinycl train --from`). CIFAR-10, letters and exercises are new
to the backbones; MNIST is not.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from rich.console import Console

from tinycl.data import Dataset, load
from tinycl.training.trainer import train
from tinycl.training.transfer import PIXELS, compare_features, feature_transfer
from tools.command import command_line, tool, write_json
from tools.zoo.recordings import write

__all__ = ["main"]

_SAMPLES = (20, 50, 100)
_MEASURED = 200
_SETS = {"letters": "grey2", "mnist": "grey2", "cifar10": "colour-s2", "har_exercise": "motion"}
_WAYS: dict[str, dict[str, Any]] = {
    "trained, 8k": {"size": "8k"},
    "trained, 32k": {"size": "32k"},
    "adapted, 1 layer": {"adapt": 1},
    "adapted, 2 layers": {"adapt": 2},
    "adapted, 1 layer, rate 0.002": {"adapt": 1, "learning_rate": 0.002},
}


@tool("zoo.small_sets")
def main(words: list[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = command_line(__doc__)
    parser.add_argument("--set", choices=list(_SETS), help="this one alone")
    parser.add_argument("--samples", type=int, help="this many a class alone")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(words)
    rows = []
    titles = ["set", "samples a class", "pixels", "the zoo's, as it is", *_WAYS]
    print("|".join(["", *titles, ""]))
    print("|".join(["", *["---"] * len(titles), ""]))
    for name in [options.set] if options.set else _SETS:
        whole = _read(name)
        for samples in [options.samples] if options.samples else _SAMPLES:
            if samples + _MEASURED // 10 > np.bincount(whole.y_train).min():
                continue
            row = {"set": name, "samples": samples}
            print(f"| {name}, `{_SETS[name]}` | {samples}", end="", flush=True)
            for way, accuracy in _measure(_few(whole, samples), _SETS[name], options.seed):
                row[way] = accuracy
                print(f" | {accuracy:.1%}", end="", flush=True)
            print(" |")
            rows.append(row)
    write_json(options.json, rows)
    return 0


def _read(name: str) -> Dataset:
    if name != "har_exercise":
        return load(name)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "exercises.npz"
        write(name, file)
        return load(f"npz:{file}")


def _few(whole: Dataset, samples: int) -> Dataset:
    """The first training samples of each class, and the last ones in place of the test's."""
    rows = [np.flatnonzero(whole.y_train == label) for label in range(whole.num_classes)]
    first = np.concatenate([r[:samples] for r in rows])
    last = np.concatenate([r[samples:][-_MEASURED:] for r in rows])
    return whole.held_out(first, last)


def _measure(few: Dataset, zoo: str, seed: int) -> Iterator[tuple[str, float]]:
    others = compare_features(few)
    yield PIXELS, others[PIXELS]
    yield zoo, others[zoo]
    for way, options in _WAYS.items():
        start = None if "size" in options else zoo
        result = train(few, seed=seed, start=start, console=Console(stderr=True), **options)
        found = feature_transfer(result.backbone, few, result.settings.classes)
        yield way, found["all_classes"]


if __name__ == "__main__":
    sys.exit(main())
