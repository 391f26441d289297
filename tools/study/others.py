"""(d), (e): figures that other tools measured, from their JSON files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .paper import Page, table

__all__ = ["others"]


def others(
    file: Path, command: str, page: Page, keep: Callable[[dict[str, Any]], bool] = lambda row: True
) -> None:
    """Fill the page with the rows of a file: a list of flat objects, one, or its ``trainers``.

    A file that is not there is named on the page, with the command that makes it.
    """
    try:
        found: Any = json.loads(file.read_text())
    except OSError:
        page.text(f"Not measured: `{command}` writes `{file.name}`.")
        return
    page.text(f"Measured by `{command}`.")
    if isinstance(found, dict):
        found = list(found["trainers"].values()) if "trainers" in found else [found]
    rows = [row for row in found if keep(row)]
    names = [k for k in rows[0] if not isinstance(rows[0][k], list | dict)]
    page.text(table(names, [[_cell(row.get(name)) for name in names] for row in rows]))


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
