"""One page of HTML that needs nothing beside it: no network, no script."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tinycl import text
from tinycl.exceptions import MissingExtraError
from tinycl.files import write_file
from tinycl.report.grids import confusion_cells, heat_map
from tinycl.report.plots import accuracy_figure, confidence_figure, grid_figure
from tinycl.report.record import RunRecord
from tinycl.report.sections import (
    confidence_facts,
    headline,
    memory_bars,
    parity_facts,
    stream_facts,
    tiles,
)
from tinycl.report.theme import inline_svg

__all__ = ["render", "write_report"]

_TEMPLATES = Path(__file__).parent / "templates"

# Inches: two sizes, since a plot that is merely shrunk to a phone has letters nobody can read.
_SIZES = {"wide": (10.5, 4.4), "narrow": (5, 4)}


def write_report(run: RunRecord | dict[str, Any], path: Path) -> None:
    """Write the report of a run.

    Parameters
    ----------
    run : RunRecord or dict
        A dict is checked as ``summary.json`` is. What is missing in it is left out of the page.
    path : Path
        The HTML file; its folder is made if need be.

    Raises
    ------
    DataError
        If `run` is not a summary, or the file cannot be written.
    MissingExtraError
        If jinja2 or matplotlib is not installed.
    """
    record = run if isinstance(run, RunRecord) else RunRecord.from_dict(run)
    page = render(record).encode("utf-8", "replace")  # JSON can spell halves of characters
    write_file(path, page)


def render(run: RunRecord) -> str:
    """Return the page; parameters and MissingExtraError as of `write_report`."""
    try:
        import jinja2
    except ImportError as error:
        raise MissingExtraError(
            "the report is made by jinja2: pip install 'tinycl[train]'"
        ) from error
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["value"] = text.value
    environment.filters["percent"] = text.percent
    environment.filters["drawn"] = lambda grid: inline_svg(grid_figure(grid), grid.above)
    return environment.get_template("report.html").render(
        run=run,
        headline=headline(run),
        tiles=tiles(run),
        charts={
            name: inline_svg(accuracy_figure(run, size), name) for name, size in _SIZES.items()
        },
        confidence=confidence_facts(run),
        reliability=_reliability(run),
        heat_map=heat_map(run),
        confusion=confusion_cells(run),
        memory=memory_bars(run),
        stream=stream_facts(run),
        parity=parity_facts(run),
    )


def _reliability(run: RunRecord) -> str:
    """The plot of confidence; "" where the summary has none."""
    told = run.confidence or {}
    if not told.get("reliability") or not told.get("coverage"):
        return ""
    return inline_svg(confidence_figure(run), "confidence")
