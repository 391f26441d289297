"""(c) Accuracy against the bytes of the replay memory, by the form in which samples are kept."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tinycl.experiment.settings import ExperimentSettings
from tinycl.experiment.sweep.runs import Bench

from .accuracy import Run
from .paper import Group, Page, score, seeds, table
from .tasks import Task

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["forms", "storage"]

BYTES = tuple(1000 * 4**i for i in range(5))  # 1 kB to 256 kB
_MOST_SLOTS = 65535


def forms(bench: Bench) -> dict[str, int]:
    """Bytes of one sample in each form."""
    model = bench.model()
    values = math.prod(model.latent_shape)
    return {
        "latents, 1 bit": model.latent_bytes,
        "latents, 8 bits": values,
        "latents, float32": 4 * values,
        "raw images": model.input_bytes,
    }


def storage(tasks: tuple[Task, ...], benches: dict[str, Bench], run: Run, page: Page) -> None:
    """Fill the page: a row for each size of memory, a column for each form."""
    for task in tasks:
        sizes = forms(benches[task.name])
        y = benches[task.name].dataset.y_train
        most = min(
            _MOST_SLOTS, len(y) if task.limit is None else task.limit * len(set(y.tolist()))
        )
        slots = {(n, form): min(n // size, most) for n in BYTES for form, size in sizes.items()}
        wanted = sorted(set(slots.values()))
        found: list[ExperimentSettings] = [task.settings(replay=n) for n in wanted]
        groups = dict(zip(wanted, run(task, found), strict=True))
        page.runs(task.name, list(groups.values()))
        page.text(
            f"### {task.title}\n\nFinal accuracy in percent, mean ± standard deviation of "
            f"{seeds(groups[wanted[0]])} (samples kept); CWR*, class-balanced. The latents of a "
            "binary network have one bit of information a value: 8 bits or float32 hold the same "
            "values and lose by the slots they cost alone, so equal slots are one and the same "
            "run. Raw images come back through the frozen backbone to the same latents, at the "
            "cost of running it again for every replayed sample. Labels are not counted: a byte "
            "a sample in every form."
        )
        head = ["replay memory", *(f"{form}, {size:,} B each" for form, size in sizes.items())]
        rows = [
            [
                f"{n // 1000} kB",
                *(f"{score(groups[slots[n, form]])} ({slots[n, form]})" for form in sizes),
            ]
            for n in BYTES
        ]
        page.text(table(head, rows))
        page.plot(_figure(groups, slots, tuple(sizes)), task.name)


def _figure(
    groups: dict[int, Group], slots: dict[tuple[int, str], int], names: tuple[str, ...]
) -> Figure:
    from tinycl.report.theme import styled

    with styled():
        import matplotlib
        from matplotlib.figure import Figure

        figure = Figure((10.5, 5))
        axes = figure.add_subplot(
            xscale="log", xlabel="bytes of the replay memory", ylabel="final accuracy, %"
        )
        axes.grid(axis="y")
        for i, form in enumerate(names):
            line = [groups[slots[n, form]] for n in BYTES]
            axes.errorbar(
                BYTES,
                [100 * g["final_accuracy_mean"] for g in line],
                [100 * g["final_accuracy_std"] for g in line],
                color=matplotlib.colormaps["tab10"](i),
                marker="o",
                lw=2,
                label=form,
            )
        axes.legend(frameon=False)
        figure.draw_without_rendering()
    return figure
