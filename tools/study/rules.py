"""(f) Update rules of a tail: what each reaches, and how many weights it flips."""

from __future__ import annotations

from typing import Any

from .accuracy import Run
from .paper import Group, Page, score, seeds, table
from .tasks import Task

__all__ = ["is_update", "rules"]

RULES = {
    "head alone": {"learn": "head"},
    "proportional, tail_lr 4": {"tail_lr": 4},
    "proportional, tail_lr 5": {"tail_lr": 5},
    "proportional, tail_lr 6": {"tail_lr": 6},
    "proportional, tail_lr 6, int16": {"tail_lr": 6, "wide": True},
    "sign, step 1/128, margin 32/128": {"rule": "sign"},
    "sign, step 1/128, margin 127/128": {"rule": "sign", "tail_margin": 127},
    "Bop, forgets 1/16, flips above 8/128": {
        "rule": "bop",
        "tail_lr": 3,
        "tail_decay": 4,
        "tail_margin": 8,
    },
    "Bop, forgets 1/64, flips above 8/128": {
        "rule": "bop",
        "tail_lr": 3,
        "tail_decay": 6,
        "tail_margin": 8,
    },
}


def rules(tasks: tuple[Task, ...], run: Run, page: Page) -> None:
    """Fill the page: accuracy and flips a step."""
    for task in tasks:
        settings = [task.settings(**{"learn": "tail:1", **rule}) for rule in RULES.values()]
        groups = run(task, settings)
        page.runs(task.name, groups)
        rows = [[name, score(g), _flips(g)] for name, g in zip(RULES, groups, strict=True)]
        page.text(
            f"### {task.title}\n\nOne binary layer learns with the head: final accuracy in "
            f"percent, mean ± standard deviation of {seeds(groups[0])}, and weights that change "
            f"sign at a step; replay memory of {task.slots} latents. All rules keep one byte a "
            "weight beside its bit, int16 two."
        )
        page.text(table(["rule", "accuracy", "flips a step"], rows))


def is_update(row: dict[str, Any]) -> bool:
    """Whether a row of the kernels' counts is an update rule's: a gradient and a step by it."""
    return row["kernel"].startswith("tail_update") and row["backend"] == "native"


def _flips(group: Group) -> str:
    flips = [r["flips"] for r in group["runs"] if "flips" in r]
    steps = sum(e["samples"] for e in group["runs"][0]["experiences"])
    return f"{sum(flips) / len(flips) / steps:,.0f}" if flips else ""
