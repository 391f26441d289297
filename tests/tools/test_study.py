"""The study's tool: its pages hold what the runs say."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.tiny import tiny_model

from tinycl.data import Dataset
from tools.study import __main__ as study
from tools.study import consolidation, generated, heads, shrinkage, storage, widths
from tools.study.tasks import Task


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a compiled model for a small task, which is all that the study has."""
    rng = np.random.default_rng(0)
    y = np.tile(np.arange(4), 20)
    x = rng.integers(0, 256, (4, 8, 8, 1))[y] + rng.normal(0, 30, (len(y), 8, 8, 1))
    np.savez(tmp_path / "d.npz", x_train=np.clip(x, 0, 255).astype(np.uint8), y_train=y)
    place = tmp_path / "models" / "small"
    place.mkdir(parents=True)
    (place / "model.tcm").write_bytes(tiny_model())
    data = f"npz:{tmp_path / 'd.npz'}"
    task = Task("small", "Small", data, None, "4k", 1, data, "nc:2", 8, slots=10, seeds=2)
    monkeypatch.setattr(study, "QUICK", (task,))
    return tmp_path


def run(folder: Path, *words: str) -> None:
    assert study.main(["--quick", "--out", str(folder), "--jobs", "1", *words]) == 0


def some_held_out(dataset: Dataset) -> Dataset:
    found = shrinkage.held_out(dataset)
    return replace(found, x_test=found.x_test[::10], y_test=found.y_test[::10])


def test_every_part(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(widths, "QF", (4, 8))
    monkeypatch.setattr(widths, "GBITS", (4, 8))
    monkeypatch.setattr(storage, "BYTES", (100, 1000, 5000))
    monkeypatch.setattr(heads, "QUICK", (heads.Set("letters", "grey", "letters", (5,)),))
    monkeypatch.setattr(shrinkage, "FACTORS", (6, 12))
    monkeypatch.setattr(shrinkage, "LIMITS", (5,))
    monkeypatch.setattr(generated, "LIMITS", (5,))
    monkeypatch.setattr(generated, "COMPONENTS", (1,))
    monkeypatch.setattr(consolidation, "PASSES", (1,))
    monkeypatch.setattr(consolidation, "_TAIL_RATES", (0.0, 1e-2))
    monkeypatch.setattr(consolidation, "held_out", some_held_out)
    (folder / "instructions.json").write_text('[{"kernel": "head_step", "instructions": 12345}]')
    run(folder)
    text = (folder / "study.md").read_text()
    groups = json.loads((folder / "a.json").read_text())
    score = 100 * groups[0]["final_accuracy_mean"]
    assert f"| naive | {score:.1f} ±" in text
    # 100, 1000 and 5000 bytes are 1, 15 and 32 (all samples) latents of 64 bytes; 192 as int8.
    slots = {g["settings"]["replay"] for g in json.loads((folder / "c.json").read_text())}
    assert {0, 1, 15, 32} <= slots
    assert "| head_step | 12,345 |" in text
    assert "memory.json" in text and "Not measured" in text
    assert text.count("| letters, grey, 5 | ") == 2
    assert "| 500 latents, rate 0.01 | " in text
    assert "base60-$size/model.tcm" in text
    plots = {p.name for p in folder.glob("*.png")}
    assert plots == {"a-small.png", "b-small.png", "c-small.png", "h-letters.png"}
    assert all(f"]({name})" in text for name in plots)


def test_a_study_goes_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(folder, "--part", "a")
    before = {p.name: p.stat().st_mtime_ns for p in (folder / "runs").iterdir()}
    first = (folder / "a.json").read_text()
    run(folder, "--part", "a")
    assert {p.name: p.stat().st_mtime_ns for p in (folder / "runs").iterdir()} == before
    assert (folder / "a.json").read_text() == first


@pytest.mark.parametrize("words", [("--part", "x"), ("--task", "nosuch")])
def test_mistakes(folder: Path, words: tuple[str, ...], capsys: Any) -> None:
    assert study.main(["--quick", "--out", str(folder), *words]) == 1
    assert "small" in capsys.readouterr().err
