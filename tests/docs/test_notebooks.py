"""Notebooks run from top to bottom on small settings, and are stored with their outputs."""

from __future__ import annotations

import copy
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from tools.release.run_notebooks import NOTEBOOKS, ROOT, execute, main, problems, tidy, workspace

every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)


@pytest.fixture(scope="module")
def work() -> Iterator[Path]:
    with workspace() as folder:
        yield folder


def test_there_are_seven() -> None:
    assert [path.name[0] for path in NOTEBOOKS] == list("1234567")


@every_notebook
def test_as_it_is_kept(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert problems(notebook) == []
    assert tidy(copy.deepcopy(notebook), ROOT) == notebook
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    assert "TINYCL_FULL" in next(c for c in notebook.cells if c.cell_type == "code").source


@every_notebook
def test_it_runs(path: Path, work: Path) -> None:
    if "espeak-ng" in path.read_text() and not (shutil.which("espeak-ng") or os.environ.get("CI")):
        pytest.skip("it takes espeak-ng: tools/boards/setup.sh")
    notebook = execute(path, work)  # CellExecutionError tells the cell, and why
    assert problems(notebook) == []
    shown = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert any("image/png" in output.get("data", {}) for output in shown)


def test_problems_are_found() -> None:
    cell = nbformat.v4.new_code_cell("print(1)")
    notebook = nbformat.v4.new_notebook(cells=[cell])
    assert len(problems(notebook)) == 2  # not executed, no exercises
    cell.outputs = [nbformat.v4.new_output("stream", name="stderr", text="in /home/me/x.py")]
    assert len(problems(notebook)) == 4


def test_unknown_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nosuch"]) == 1
    assert "1_train" in capsys.readouterr().err
