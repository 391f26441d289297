"""Short trainings that compare designs of a backbone, and ways to train it, at the same budget.

    python -m tools.zoo.trials --json runs/trials.json

All learn the same samples of CIFAR-100's training set for as many epochs, and are measured on
5,000 other samples of that set: the test set is never read. Each trial is saved as it ends, and
a command that was stopped goes on with the next one.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from tinycl.data import Dataset, load
from tinycl.files import write_json
from tinycl.models.designs import architecture_for
from tinycl.training.trainer import train
from tools.command import command_line, tool

DESIGNS = ("colour-s", "colour-dense", "colour-two-depths", "colour-s2")
WAYS: dict[str, dict[str, Any]] = {
    "teacher": {"teacher": "same"},
    "CutMix": {"mixing": "cutmix"},
    "averaged weights": {"average": 0.99},
    "MixUp": {"mixing": "mixup"},
    "constant rate": {"schedule": "constant"},
}
_MEASURED = 5000


@tool("zoo.trials")
def main(words: list[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = command_line(__doc__)
    parser.add_argument("--samples", type=int, default=10_000)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--size", default=DESIGNS[0], help="design that is trained in other ways")
    parser.add_argument("--json", type=Path, required=True, help="where results are kept")
    options = parser.parse_args(words)
    dataset = load("cifar100").held_out(slice(options.samples), slice(-_MEASURED, None))
    trials: dict[str, dict[str, Any]] = {name: {"size": name} for name in DESIGNS}
    trials |= {f"{options.size}, {name}": {"size": options.size} | WAYS[name] for name in WAYS}
    rows = json.loads(options.json.read_text()) if options.json.is_file() else []
    for name, settings in trials.items():
        if name in {row["trial"] for row in rows}:
            continue
        rows.append(trial(name, dataset, options.epochs, options.seed, settings))
        write_json(options.json, rows)
    for row in rows:
        print(f"{row['trial']:34} {row['accuracy']:.1%} {row['flash_bytes']:,} B", flush=True)
    return 0


def trial(
    name: str, dataset: Dataset, epochs: int, seed: int, settings: dict[str, Any]
) -> dict[str, Any]:
    """Train once; what it cost and reached."""
    architecture = architecture_for(dataset.input_shape, settings["size"])
    result = train(
        dataset,
        epochs=epochs,
        seed=seed,
        batch=64,
        learning_rate=0.005,
        views=1,
        augmentation="light",
        **settings,
    )
    return {
        "trial": name,
        **settings,
        "samples": len(dataset.x_train),
        "epochs": epochs,
        "accuracy": result.test_accuracy,
        "flash_bytes": architecture.flash_bytes,
        "binary_macs": architecture.binary_macs,
        "seconds": round(result.seconds),
    }


if __name__ == "__main__":
    sys.exit(main())
