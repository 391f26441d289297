"""How the plots look, and how they become a part of the page: matplotlib's SVG, made to fit in."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tinycl.exceptions import MissingExtraError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["COLOURS", "inline_svg", "styled"]

# The light theme of style.css. On the page each becomes the variable it is named after, which
# the dark theme sets otherwise; so no two may be equal.
COLOURS = {
    "paper": "#f6f7f9",
    "card": "#ffffff",
    "soft": "#566375",
    "rule": "#dfe4ea",
    "good": "#09635c",
    "bad": "#c2410c",
}

_STYLE: dict[str, Any] = {
    "axes.axisbelow": True,
    "axes.labelcolor": COLOURS["soft"],
    "axes.xmargin": 0.015,
    **{f"axes.spines.{side}": False for side in ("left", "right", "top", "bottom")},
    "figure.constrained_layout.use": True,
    "figure.facecolor": COLOURS["card"],
    "axes.facecolor": COLOURS["card"],
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 12.5,
    "grid.color": COLOURS["rule"],
    "grid.linewidth": 1,
    "lines.dash_capstyle": "round",
    "lines.dotted_pattern": [0.3, 2.4],
    "lines.linewidth": 3,
    "lines.markeredgecolor": COLOURS["card"],
    "lines.markeredgewidth": 2,
    "lines.markersize": 10,
    "lines.solid_capstyle": "round",
    "svg.fonttype": "none",
    **{f"{axis}tick.color": COLOURS["soft"] for axis in "xy"},
    **{f"{axis}tick.major.size": 0 for axis in "xy"},
    **{f"{axis}tick.major.pad": 8 for axis in "xy"},
}


@contextmanager
def styled(**settings: Any) -> Iterator[None]:
    """Draw in the page's style, whatever the reader's own settings of matplotlib are.

    Parameters
    ----------
    **settings
        More of matplotlib's rcParams, with ``_`` for the dots.

    Raises
    ------
    MissingExtraError
        If matplotlib cannot be imported.
    """
    try:
        from matplotlib import style
    except ImportError as error:
        raise MissingExtraError(
            f"plots are drawn by matplotlib, which cannot be imported ({error}): "
            "pip install 'tinycl[train]'"
        ) from error
    more = {key.replace("_", "."): value for key, value in settings.items()}
    with style.context({**_STYLE, **more}, after_reset=True), warnings.catch_warnings():
        # The browser has the letters that matplotlib's own font lacks.
        warnings.filterwarnings("ignore", message="Glyph")
        yield


def inline_svg(figure: Figure, salt: str) -> str:
    """Return a figure as an ``<svg>`` element in the page's colours, the same bytes every time.

    Parameters
    ----------
    figure : Figure
        Drawn in `COLOURS` alone.
    salt : str
        Keeps the ids of this figure apart from those of others on the page.
    """
    file = io.StringIO()
    nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    with styled(svg_hashsalt=salt):
        figure.savefig(file, format="svg", metadata=nothing)
    svg = file.getvalue()
    svg = svg[svg.index("<svg") :].strip()
    svg = re.sub(r' xmlns(:xlink)?="[^"]*"', "", svg).replace(" xlink:href=", " href=")
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)  # the same in each figure, and nothing refers to it
    for name, colour in COLOURS.items():
        variable = f"rgb(var(--{name}))" if name in ("good", "bad") else f"var(--{name})"
        svg = svg.replace(colour, variable)
    return svg
