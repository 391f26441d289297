"""What verbs print on a terminal of 80 columns: nothing is cut, and a wider one shows more."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from helpers.tiny import tiny_model
from rich.console import Console
from typer.testing import CliRunner

from tinycl.boards import BOARDS
from tinycl.cli import app
from tinycl.table import Table

STREAM = "--model m.tcm --data digits --limit 8 --scenario nc:5"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A place with a small model, samples for it, and a backbone that was trained for a second."""
    place = tmp_path_factory.mktemp("tables")
    (place / "m.tcm").write_bytes(tiny_model())
    np.save(place / "x.npy", np.full((2, 8, 8, 1), 128, np.uint8))
    return place


def said(monkeypatch: pytest.MonkeyPatch, folder: Path, columns: int, words: str) -> str:
    """What a verb prints, checked for what is cut and for lines that are too long."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", str(columns))
    result = CliRunner().invoke(app, words.split())
    assert result.exit_code == 0, (result.output, result.exception)
    assert "…" not in result.output, result.output
    assert all(len(line) <= columns for line in result.output.splitlines()), result.output
    return result.output


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("boards", "1,408 KiB"),
        ("zoo list", "instructions"),
        ("zoo list", "accelerometer"),  # a word that has room is not broken
        ("zoo show colour-l", "Learned later"),
        ("zoo check motion", "test samples"),
        ("memory binarynet", "138.15 MiB"),
        ("memory cnv --method standard", "standard"),
        (f"simulate {STREAM}", "forgetting"),
        (f"simulate {STREAM} --seeds 2 --jobs 1", "s.d."),
        (f"simulate {STREAM} --qf 4,8 --learn head,tail:1 --jobs 1", "qf 4"),
        ("info --board cpython", "heap free"),
        ("run m.tcm --input x.npy -o y.npy --board simulator", "wrote y.npy"),
        (f"stream {STREAM} -o runs", "samples streamed"),
        ("report runs", "wrote runs/report.html"),
    ],
)
def test_nothing_is_cut(
    words: str, wanted: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if words == "report runs" and not (folder / "runs").exists():
        said(monkeypatch, folder, 80, f"stream {STREAM} -o runs")
    assert wanted in said(monkeypatch, folder, 80, words)


def test_a_sweep_shows_more_where_there_is_room(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep = f"simulate {STREAM} --qf 4,8 --jobs 1 --results kept"
    assert "worst" in said(monkeypatch, folder, 160, sweep)
    assert "seconds" in said(monkeypatch, folder, 160, f"simulate {STREAM}")


def test_from_training_to_the_demo(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("larq")
    train = "train digits --classes 0-4 --size 4k --epochs 1 -o trained"
    assert "binary MACs" in said(monkeypatch, folder, 80, train)
    said(monkeypatch, folder, 80, "convert trained -o demo.tflite")
    plain = said(monkeypatch, folder, 80, "compile demo.tflite -o d.tcm --verify 2")
    assert "binary MACs" in plain
    for board in [name for name, board in BOARDS.items() if board.heap_bytes]:
        words = f"compile demo.tflite --board {board} --classes 2 --replay 5 --json {board}.json"
        narrow = said(monkeypatch, folder, 80, words)
        wide = said(monkeypatch, folder, 160, words)
        count = json.loads((folder / f"{board}.json").read_text())["instructions"]
        if count is not None:
            assert f"{count:,}" in narrow
            assert "8-bit MACs" not in narrow
        assert "bits" in wide and "8-bit MACs" in wide
    demo = folder / "demo"
    demo.mkdir()
    shutil.copy(folder / "demo.tflite", demo / "backbone.tflite")
    trained = {"size": "8k", "classes": [0, 1, 2, 3, 4], "seed": 0, "data": "digits"}
    (demo / "training.json").write_text(json.dumps(trained))
    shown = said(monkeypatch, folder, 80, "demo -o demo")
    assert "reusing the trained backbone" in shown and "final accuracy" in shown


def test_optional_columns_go_from_the_last_on() -> None:
    table = Table()
    table.words("some words")
    table.numbers("first", "second", optional=True)
    table.numbers("count")
    table.add_row("words that wrap", "1", "2", "123,456,789")
    shown = {}
    for width in (60, 34, 25, 15):
        console = Console(width=width)
        with console.capture() as captured:
            console.print(table)
        shown[width] = captured.get()
        assert all(len(line) <= width for line in shown[width].splitlines())
    assert "first" in shown[60] and "second" in shown[60]
    assert "first" in shown[34] and "second" not in shown[34]
    assert "first" not in shown[25] and "123,456,789" in shown[25]
    cells = [line.split("│")[-2].strip() for line in shown[15].splitlines() if "│" in line]
    assert "".join(cells) == "123,456,789"  # broken over lines, with all its digits
