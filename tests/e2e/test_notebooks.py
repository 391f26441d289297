"""Notebooks run from top to bottom on their small settings."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


@pytest.mark.parametrize("notebook", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda p: p.stem)
def test_notebook(notebook: Path) -> None:
    content = nbformat.read(notebook, as_version=4)
    NotebookClient(content, timeout=900, resources={"metadata": {"path": NOTEBOOKS}}).execute()
    shown = [o for cell in content.cells for o in cell.get("outputs", [])]
    assert any("image/png" in o.get("data", {}) for o in shown)
