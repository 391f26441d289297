"""(b) How many bits the head needs: forward weights, master weights, errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .accuracy import Run
from .paper import Group, Page, score, seeds, table
from .tasks import Task

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["widths"]

QF = (4, 6, 8)
QB = (8, 10, 12, 16)
GBITS = (4, 6, 8)


def widths(tasks: tuple[Task, ...], run: Run, page: Page) -> None:
    """Fill the page: q_f against q_b, and the gradient's width, rounded half up or by chance."""
    for task in tasks:
        rounding = {"half up": False, "stochastically": True}
        grid = {
            (chance, qf, qb, 8): task.settings(qf=qf, qb=qb, stochastic=chance)
            for chance in rounding.values()
            for qf in QF
            for qb in QB
        }
        grid |= {
            (chance, 8, 16, gbits): task.settings(gbits=gbits, stochastic=chance)
            for chance in rounding.values()
            for gbits in GBITS
        }
        real = task.settings(arithmetic="float32")
        *found, float32 = run(task, [*grid.values(), real])
        groups = dict(zip(grid, found, strict=True))
        page.runs(task.name, [*groups.values(), float32])
        page.text(
            f"### {task.title}\n\nFinal accuracy in percent, mean ± standard deviation of "
            f"{seeds(float32)}; CWR* with a replay memory of {task.slots} latents; "
            f"float32: {score(float32)}."
        )
        for name, chance in rounding.items():
            head = [f"updates rounded {name}", *(f"q_b {qb}" for qb in QB)]
            rows = [[f"q_f {qf}", *(score(groups[chance, qf, qb, 8]) for qb in QB)] for qf in QF]
            page.text(table(head, rows))
        head = ["updates rounded", *(f"gradient of {g} bits" for g in GBITS)]
        rows = [
            [name, *(score(groups[chance, 8, 16, g]) for g in GBITS)]
            for name, chance in rounding.items()
        ]
        page.text(table(head, rows))
        page.plot(_figure(groups, float32), task.name)


def _figure(groups: dict[tuple[bool, int, int, int], Group], float32: Group) -> Figure:
    """Accuracy against q_b, a line for each q_f, updates rounded half up."""
    from tinycl.report.theme import COLOURS, styled

    with styled():
        import matplotlib
        from matplotlib.figure import Figure

        figure = Figure((10.5, 5))
        axes = figure.add_subplot(xlabel="bits of master weights, q_b", ylabel="final accuracy, %")
        axes.grid(axis="y")
        axes.set_xticks(QB)
        axes.axhline(100 * float32["final_accuracy_mean"], color=COLOURS["soft"], ls=":", lw=2)
        for i, qf in enumerate(QF):
            line = [groups[False, qf, qb, 8] for qb in QB]
            axes.errorbar(
                QB,
                [100 * g["final_accuracy_mean"] for g in line],
                [100 * g["final_accuracy_std"] for g in line],
                color=matplotlib.colormaps["viridis"](i / len(QF)),
                marker="o",
                lw=2,
                label=f"q_f {qf}",
            )
        axes.legend(frameon=False, title="dotted: float32")
        figure.draw_without_rendering()
    return figure
