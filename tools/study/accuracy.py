"""(a) What each method reaches, in integers and in float32."""

from __future__ import annotations

from collections.abc import Callable

from tinycl_rt.model.loader import Model

from tinycl.exceptions import DataError
from tinycl.experiment.settings import ExperimentSettings
from tinycl.experiment.sweep.plots import final_figure
from tinycl.experiment.sweep.runs import Bench

from .paper import Group, Page, score, seeds, table
from .tasks import Task

__all__ = ["accuracy", "is_there"]

Run = Callable[[Task, list[ExperimentSettings]], list[Group]]

JOINT_EPOCHS = 4
METHODS = {
    "naive": {"method": "naive", "replay": 0},
    "CWR*": {"replay": 0},
    "latent replay, CWR*": {},
    "tail of 1 binary layer, latent replay": {"learn": "tail:1"},
    "tail of 2 binary layers, latent replay": {"learn": "tail:2"},
    f"joint, {JOINT_EPOCHS} epochs (upper bound)": {
        "method": "joint",
        "replay": 0,
        "epochs": JOINT_EPOCHS,
    },
}
ARITHMETICS = ("integer", "float32")


def accuracy(tasks: tuple[Task, ...], benches: dict[str, Bench], run: Run, page: Page) -> None:
    """Fill the page: a table a task, and a plot of all runs."""
    for task in tasks:
        model = benches[task.name].model()
        cells: dict[tuple[str, str], ExperimentSettings] = {}
        for name, changes in METHODS.items():
            for arithmetic in ARITHMETICS:
                settings = task.settings(**changes, arithmetic=arithmetic)
                if is_there(settings, model):
                    cells[name, arithmetic] = settings
        groups = dict(zip(cells, run(task, list(cells.values())), strict=True))
        page.runs(task.name, list(groups.values()))
        rows = []
        for name in METHODS:
            both = [groups.get((name, arithmetic)) for arithmetic in ARITHMETICS]
            rows.append([name, *(score(g) if g else "not there" for g in both), _price(*both)])
        page.text(
            f"### {task.title}\n\nFinal accuracy in percent on the test samples of all classes, "
            f"mean ± standard deviation of {seeds(groups['naive', 'integer'])}; one pass over the "
            f"stream but for joint training; replay memory of {task.slots} latents. The price is "
            "that of the integers, in points."
        )
        page.text(table(["method", *ARITHMETICS, "price"], rows))
        page.plot(final_figure(list(groups.values())), task.name)


def is_there(settings: ExperimentSettings, model: Model) -> bool:
    """Whether this model can learn so deep, in this arithmetic."""
    try:
        settings.latent(model)
    except DataError:
        return False
    return True


def _price(integer: Group | None, real: Group | None) -> str:
    if not integer or not real:
        return ""
    return f"{100 * (real['final_accuracy_mean'] - integer['final_accuracy_mean']):+.1f}"
