"""The drawings of a run, by matplotlib; no state of pyplot is touched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tinycl.report.grids import Grid
from tinycl.report.record import RunRecord
from tinycl.report.theme import COLOURS, styled
from tinycl.text import percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

__all__ = ["accuracy_figure", "confidence_figure", "grid_figure"]

_MOST_DOTS = 20  # more would hide the line
_LONGEST_NAME = 12  # letters along an axis
_LETTER = 0.11  # inches, width of a letter of an axis label
_LABEL_GAP = 0.56  # inches, between the labels at the ends of two lines

_Line = tuple[str, str, str, list[float]]  # name, colour, dashes, accuracies


def accuracy_figure(
    run: RunRecord | dict[str, Any], figsize: tuple[float, float] = (10.5, 4.4)
) -> Figure:
    """Draw the accuracy after each experience, and the naive one where it was measured.

    Parameters
    ----------
    run : RunRecord or dict
        A dict is checked as ``summary.json`` is.
    figsize : (float, float)
        Width and height in inches.

    Returns
    -------
    matplotlib.figure.Figure
        The plot of the report page, in its light colours.

    Raises
    ------
    DataError
        If `run` is not a summary.
    MissingExtraError
        If matplotlib is not installed.

    Examples
    --------
    In a notebook, where ``%matplotlib inline`` shows figures::

        accuracy_figure(read_summary(Path("runs/demo/summary.json")))
    """
    record = run if isinstance(run, RunRecord) else RunRecord.from_dict(run)
    lines: list[_Line] = [("on the board", "good", "-", record.accuracy_after_experience)]
    if record.naive_accuracy_after_experience:
        lines.insert(0, ("naive", "bad", ":", record.naive_accuracy_after_experience))
    places = range(len(record.accuracy_after_experience))

    with styled():
        from matplotlib.figure import Figure
        from matplotlib.ticker import PercentFormatter

        figure = Figure(figsize)
        axes = figure.add_subplot(ylim=(0, 1), yticks=[0, 0.25, 0.5, 0.75, 1])
        axes.grid(axis="y", clip_on=False)
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol="\u202f%"))
        axes.set_xlabel("classes of the experience" if record.experiences else "experience")
        _name_ticks(axes.xaxis, record.experience_labels, 0.7 * figsize[0])
        if len(lines) == 2:
            axes.fill_between(
                places, lines[0][3], lines[1][3], color=COLOURS["good"], alpha=0.09, lw=0
            )
        for _, colour, dashes, values in lines:
            marker = "o" if len(values) <= _MOST_DOTS else ""
            axes.plot(
                places, values, marker=marker, ls=dashes, color=COLOURS[colour], clip_on=False
            )
        _label_ends(axes, lines, _LABEL_GAP / figsize[1])
        figure.draw_without_rendering()  # ticks are made here, while the style holds
    return figure


def confidence_figure(run: RunRecord, figsize: tuple[float, float] = (7.5, 3.4)) -> Figure:
    """Draw accuracy against confidence, and against the share of samples that are answered.

    Parameters
    ----------
    run : RunRecord
        Its ``confidence`` has both lists.
    figsize : (float, float)
        Width and height in inches.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    told = run.confidence or {}
    with styled():
        from matplotlib.figure import Figure
        from matplotlib.ticker import PercentFormatter

        figure = Figure(figsize)
        panels = figure.subplots(1, 2, sharey=True)
        for axes, key, name in zip(
            panels, ("reliability", "coverage"), ("confidence", "share of samples"), strict=True
        ):
            axes.set(xlim=(0, 1), ylim=(0, 1), xlabel=name)
            axes.grid(axis="y", clip_on=False)
            for axis in (axes.xaxis, axes.yaxis):
                axis.set_major_formatter(PercentFormatter(1, decimals=0, symbol="\u202f%"))
                axis.set_ticks([0, 0.5, 1])
            x, y = zip(*told[key], strict=True)
            axes.plot(x, y, marker="o", markersize=6, color=COLOURS["good"], clip_on=False)
        panels[0].plot([0, 1], [0, 1], ls=":", color=COLOURS["soft"])
        panels[0].set_ylabel("accuracy")
        figure.draw_without_rendering()
    return figure


def grid_figure(grid: Grid, figsize: tuple[float, float] = (6, 6)) -> Figure:
    """Draw a heat map of more classes than a table of numbers has room for.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    cells = [
        (x, y, to_draw)
        for y, (_, row) in enumerate(grid.rows)
        for x, to_draw in enumerate(row)
        if to_draw is not None and to_draw.strength > 0
    ]
    with styled():
        from matplotlib.collections import PatchCollection
        from matplotlib.colors import to_rgba
        from matplotlib.figure import Figure
        from matplotlib.patches import Rectangle

        figure = Figure(figsize)
        axes = figure.add_subplot(
            xlim=(-0.5, len(grid.columns) - 0.5),
            ylim=(len(grid.rows) - 0.5, -0.5),
            xlabel=grid.above,
            ylabel=grid.side,
            facecolor=COLOURS["paper"],
        )
        axes.xaxis.tick_top()
        axes.xaxis.set_label_position("top")
        axes.tick_params(axis="x", rotation=90 if grid.long else 0)
        _name_ticks(axes.xaxis, grid.columns, 0.7 * figsize[0], upright=grid.long)
        _name_ticks(axes.yaxis, [name for name, _ in grid.rows], 0.7 * figsize[1], upright=True)
        colours = [
            to_rgba(COLOURS["good" if cell.good else "bad"], cell.strength) for *_, cell in cells
        ]
        squares = [Rectangle((x - 0.5, y - 0.5), 1, 1) for x, y, _ in cells]
        axes.add_collection(PatchCollection(squares, facecolors=colours, linewidths=0))
        figure.draw_without_rendering()
    return figure


def _label_ends(axes: Axes, lines: list[_Line], gap: float) -> None:
    """Write what each line is beside its end, the labels at least `gap` of the height apart."""
    free = gap / 2
    for name, colour, _, values in sorted(lines, key=lambda line: line[3][-1]):
        height = max(values[-1], free)
        free = height + gap
        for text, side, size, weight in (
            (percent(values[-1]), "bottom", 15, "bold"),
            (name, "top", 12.5, "normal"),
        ):
            axes.annotate(
                text,
                (len(values) - 1, height),
                xytext=(12, 0),
                textcoords="offset points",
                va=side,
                size=size,
                weight=weight,
                color=COLOURS[colour],
                annotation_clip=False,
            )


def _name_ticks(axis: Axis, names: list[str], room: float, upright: bool = False) -> None:
    """Write as many names at the places 0, 1, 2... as `room` (inches) lets be read."""
    from matplotlib.ticker import MaxNLocator

    def name_at(place: float, _: float) -> str:
        name = names[int(place)] if 0 <= place < len(names) else ""
        name = name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}\u2026"
        name = name.encode("utf-8", "replace").decode()  # JSON can spell halves of characters
        return name.replace("$", r"\$")  # no formulas

    width = 2 if upright else min(_LONGEST_NAME, max(map(len, names))) + 1
    most = max(2, int(room / (width * _LETTER)))
    axis.set_major_locator(MaxNLocator(most, integer=True, min_n_ticks=1))
    axis.set_major_formatter(name_at)
