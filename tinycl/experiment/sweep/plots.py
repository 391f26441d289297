"""The drawings of a sweep: accuracy of every setting, with its spread over seeds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tinycl.experiment.sweep.tables import varying
from tinycl.files import replacing
from tinycl.report.theme import COLOURS, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["final_figure", "stream_figure", "write_plots"]

Group = dict[str, Any]

_MOST_LINES = 10  # more cannot be told apart


def final_figure(groups: Sequence[Group]) -> Figure:
    """Final accuracy: a dot a run, a bar from the worst to the best, a mark at the mean.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    names = varying(groups)
    with styled():
        from matplotlib.figure import Figure
        from matplotlib.ticker import PercentFormatter

        figure = Figure((10.5, 1.6 + 0.42 * len(groups)))
        axes = figure.add_subplot(ylim=(len(groups) - 0.4, -0.6), xlabel="final accuracy")
        axes.grid(axis="x")
        axes.xaxis.set_major_formatter(PercentFormatter(1, symbol="\u202f%"))
        axes.set_yticks(range(len(groups)), [name.replace("$", r"\$") for name in names])
        for place, group in enumerate(groups):
            finals = [run["final_accuracy"] for run in group["runs"]]
            axes.plot([min(finals), max(finals)], [place] * 2, color=COLOURS["rule"], lw=8)
            axes.plot(finals, [place] * len(finals), "o", color=COLOURS["soft"], ms=6, mew=1)
            axes.plot(group["final_accuracy_mean"], place, "D", color=COLOURS["good"])
        figure.draw_without_rendering()
    return figure


def stream_figure(groups: Sequence[Group]) -> Figure:
    """Accuracy after each experience: mean over seeds, with a band of one standard deviation.

    Errors are those of `final_figure`.
    """
    names = varying(groups)
    with styled():
        import matplotlib
        from matplotlib.figure import Figure
        from matplotlib.ticker import MaxNLocator, PercentFormatter

        figure = Figure((10.5, 5))
        axes = figure.add_subplot(xlabel="experience")
        axes.grid(axis="y")
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol="\u202f%"))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        colours = matplotlib.colormaps["tab10"]
        for i, (name, group) in enumerate(zip(names, groups, strict=True)):
            accuracy = np.array([run["accuracy_after_experience"] for run in group["runs"]])
            mean, spread = accuracy.mean(axis=0), accuracy.std(axis=0)
            places = [e["number"] for e in group["runs"][0]["experiences"]]
            label = name.replace("$", r"\$")
            axes.plot(places, mean, "o-", color=colours(i % 10), label=label, ms=7, lw=2)
            axes.fill_between(
                places, mean - spread, mean + spread, color=colours(i % 10), alpha=0.15
            )
        axes.legend(frameon=False, fontsize=10)
        figure.draw_without_rendering()
    return figure


def write_plots(groups: Sequence[Group], folder: Path) -> list[Path]:
    """Write ``final_accuracy.png``, and ``stream.png`` where its lines can be told apart.

    Raises
    ------
    DataError
        The folder cannot be written.
    MissingExtraError
        If matplotlib is not installed.
    """
    figures = {"final_accuracy.png": final_figure(groups)}
    if len(groups) <= _MOST_LINES:
        figures["stream.png"] = stream_figure(groups)
    for name, figure in figures.items():
        with replacing(folder / name) as fresh:
            figure.savefig(fresh, dpi=110)
    return [folder / name for name in figures]
