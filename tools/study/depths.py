"""(g) How deep it pays to learn: the head and tails, where memory and time are less scarce."""

from __future__ import annotations

from tinycl_rt.model.loader import Model

from tinycl.experiment.settings import ExperimentSettings
from tinycl.experiment.sweep.advice import compare
from tinycl.experiment.sweep.runs import Bench

from .accuracy import Run, is_there
from .paper import Page, score, seeds, table
from .tasks import Task

__all__ = ["depths"]

_TAIL = {"learn": "tail:1", "tail_lr": 6}
DEPTHS = {
    "head": {},
    "tail:1, latent weights of int8": _TAIL,
    "tail:1, latent weights of int16": {**_TAIL, "wide": True},
}
EPOCHS, SLOTS = 4, 6  # slots: times as many as where one pass is made


def depths(tasks: tuple[Task, ...], benches: dict[str, Bench], run: Run, page: Page) -> None:
    """Fill the page: accuracy, and what each seed gains over the head."""
    for task in tasks:
        model: Model = benches[task.name].model()
        about = {"epochs": EPOCHS, "replay": SLOTS * task.slots}
        wanted = {name: task.settings(**about, **more) for name, more in DEPTHS.items()}
        found: dict[str, ExperimentSettings] = {
            n: s for n, s in wanted.items() if is_there(s, model)
        }
        groups = run(task, list(found.values()))
        page.runs(task.name, groups)
        gains = {id(group): gain for group, gain in compare(groups)}
        rows = [
            [name, score(group), *_gain(gains.get(id(group)))]
            for name, group in zip(found, groups, strict=True)
        ]
        page.text(
            f"### {task.title}\n\nFinal accuracy in percent, mean ± standard deviation of "
            f"{seeds(groups[0])}; experiences come {EPOCHS} times, replay memory of "
            f"{SLOTS * task.slots} latents; points gained against the head with the same stream."
        )
        page.text(table(["depth", "accuracy", "gain", "by seed"], rows))


def _gain(gains: list[float] | None) -> tuple[str, str]:
    if not gains:
        return "", ""
    mean = 100 * sum(gains) / len(gains)
    return f"{mean:+.1f}", f"{100 * min(gains):+.1f} to {100 * max(gains):+.1f}"
