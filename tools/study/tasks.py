"""The study's tasks: a backbone trained on some classes, and a stream of others."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console

from tinycl.compiler.compiler import compile_file
from tinycl.data import load
from tinycl.experiment.settings import ExperimentSettings
from tinycl.experiment.sweep.runs import Bench

__all__ = ["FULL", "QUICK", "Task", "bench"]


@dataclass(frozen=True)
class Task:
    """A backbone and a stream.

    Attributes
    ----------
    name : str
        For folders.
    title : str
        For readers.
    source, classes, size, epochs
        The backbone: its data set, the classes of it (None: all), its size, epochs of training
        (None: by the amount of data).
    data, scenario, limit
        The stream: data set, how it is cut, samples a class (None: all).
    slots : int
        Of the replay memory, where it is not what is studied.
    seeds : int
        Runs of each setting.
    """

    name: str
    title: str
    source: str
    classes: tuple[int, ...] | None
    size: str
    epochs: int | None
    data: str
    scenario: str
    limit: int | None
    slots: int = 500
    seeds: int = 5

    def settings(self, **more: object) -> ExperimentSettings:
        """Settings of a run, with CWR* and the replay memory unless told otherwise."""
        about = {"scenario": self.scenario, "limit": self.limit, "head": "cwr"}
        about["replay"] = self.slots
        return ExperimentSettings(**{**about, **more})  # type: ignore[arg-type]


_FIVE = (0, 1, 2, 3, 4)

FULL = (
    Task("mnist", "MNIST 0-4 → 5-9", "mnist", _FIVE, "16k", 3, "mnist", "nc:1,first=5", 1000),
    Task("cifar", "CIFAR-100 → CIFAR-10", "cifar100", None, "60k", 15, "cifar10", "nc:2", 1000),
)
QUICK = (
    Task(
        "digits", "digits 0-4 → 5-9", "digits", _FIVE, "8k", None, "digits", "nc:1,first=5", 60,
        slots=100, seeds=2,
    ),
    Task(
        "mnist-quick", "MNIST 0-4 → 5-9", "mnist", _FIVE, "16k", 1, "mnist", "nc:1,first=5", 50,
        slots=100, seeds=2,
    ),
)  # fmt: skip
"""The same study in minutes: small sets, two seeds; its figures only show that it works."""


def bench(task: Task, folder: Path, console: Console) -> Bench:
    """The compiled backbone and the data of a task; trained in a folder unless it is there.

    ``folder/NAME/model.tcm`` may be put there by hand, as ``tinycl train``, ``convert`` and
    ``compile`` make it.
    """
    place = folder / task.name
    compiled = place / "model.tcm"
    if not compiled.exists():
        from tinycl.compiler.lce_converter import convert
        from tinycl.training.trainer import train

        console.rule(f"{task.title}: a backbone of {task.size} on {task.source}")
        place.mkdir(parents=True, exist_ok=True)
        source = load(task.source)
        # Views stay as they were for the published tables: with 100 classes the default is none.
        result = train(
            source, task.size, task.classes, task.epochs, seed=1, views=4, console=console
        )
        convert(result.backbone, place / "backbone.tflite")
        about = {**asdict(task), "test_accuracy": result.test_accuracy}
        (place / "training.json").write_text(json.dumps(about, indent=2) + "\n")
        compiled.write_bytes(compile_file(place / "backbone.tflite")[1].data)
    return Bench(compiled.name, compiled.read_bytes(), load(task.data))
