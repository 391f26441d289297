"""The main job: a board learns new classes over serial, and the simulator agrees."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from helpers.command import Demo, tinycl
from tinycl_rt.model.loader import Model

from tools.figures.__main__ import differences
from tools.figures.measurements import demo_values

README_BACKBONE = "fa380eb354b3b6d7"
STREAM = ("--data", "digits", "--scenario", "nc:1,first=5")


def test_summary_reaches_the_targets(demo: Demo) -> None:
    s = demo.summary
    assert s["final_accuracy"] >= 0.90
    assert s["final_accuracy"] >= s["naive_final_accuracy"] + 0.2
    assert s["replay_slots"] <= 200
    assert s["bits_checked_against_lce"] > 100_000
    assert s["bits_differing"] == 0
    assert s["replay_bytes_float32"] == 32 * s["replay_bytes"]
    assert s["model_bytes"] == demo.model.stat().st_size
    assert len(s["accuracy_after_experience"]) == 6
    assert s["accuracy_after_experience"][-1] == s["final_accuracy"]
    assert 0 <= s["forgetting"] < 0.1
    # Experiences 1 to 5 are streamed; 0 was learned on the laptop.
    assert s["samples_streamed"] == sum(e["samples"] for e in s["experiences"]) > 600


def test_the_readme_quotes_it(demo: Demo) -> None:
    """To the digit, if this processor trains the README's backbone: floats differ between them."""
    found = differences("demo", demo_values(demo.summary))
    if Model(demo.model.read_bytes()).fingerprint.hex() == README_BACKBONE:
        assert found == []
    for _, *both in found:
        said, measured = (re.fullmatch(r"\s*(\D.*?)([\d.]+)%", text).groups() for text in both)
        assert said[0] == measured[0] and float(measured[1]) == pytest.approx(
            float(said[1]), abs=5
        )


def test_report_stands_alone(demo: Demo) -> None:
    page = (demo.folder / "report.html").read_text()
    assert f"{demo.summary['final_accuracy'] * 100:.1f}" in page
    for outside in ("http://", "https://", "<script", "src="):
        assert outside not in page.replace("http://www.w3.org/", "").replace(
            "https://www.w3.org/", ""
        ), outside


def test_simulator_ends_in_the_state_of_the_board(demo: Demo, tmp_path: Path) -> None:
    file = tmp_path / "simulated.json"
    done = tinycl("simulate", "--model", demo.model, *STREAM, "--json", file)
    assert done.returncode == 0, done.stderr
    run = json.loads(file.read_text())["runs"][0]
    assert run["state_fingerprint"] == demo.summary["board_fingerprint"]
    assert run["accuracy_after_experience"] == demo.summary["accuracy_after_experience"]
    other = tinycl("simulate", "--model", demo.model, *STREAM, "--seed", 2, "--json", file)
    assert other.returncode == 0
    run = json.loads(file.read_text())["runs"][0]
    assert run["state_fingerprint"] != demo.summary["board_fingerprint"]


def test_second_run_reuses_the_backbone(demo: Demo) -> None:
    before = (demo.folder / "backbone.tflite").stat().st_mtime_ns
    done = tinycl("demo", "-o", demo.folder, "--json", demo.folder / "second.json")
    assert done.returncode == 0, done.stderr
    assert "reusing the trained backbone" in done.stdout
    assert (demo.folder / "backbone.tflite").stat().st_mtime_ns == before
    second = json.loads((demo.folder / "second.json").read_text())
    assert second["board_fingerprint"] == demo.summary["board_fingerprint"]


def test_steps_alone_make_the_same(demo: Demo, tmp_path: Path) -> None:
    """Compile and verify what the demo converted; stream it; the result is the demo's."""
    model, report = tmp_path / "model.tcm", tmp_path / "compile.json"
    tflite = demo.folder / "backbone.tflite"
    verify = ("--verify", 40, "--data", "digits", "--board", "pico", "--json", report)
    done = tinycl("compile", tflite, "-o", model, *verify)
    assert done.returncode == 0, done.stderr
    assert model.read_bytes() == demo.model.read_bytes()
    compiled = json.loads(report.read_text())
    assert (compiled["bits_checked"], compiled["bits_differing"]) == (40 * 1024, 0)
    assert compiled["fits"] is True
    assert compiled["flash_bytes"] == demo.summary["model_bytes"]
    first = tmp_path / "first.tcs"
    done = tinycl("simulate", "--model", model, *STREAM, "--experiences", 1, "--save-state", first)
    assert done.returncode == 0, done.stderr
    run = tmp_path / "run"
    done = tinycl("stream", "--model", model, "--state", first, *STREAM, "-o", run)
    assert done.returncode == 0, done.stderr
    summary = json.loads((run / "summary.json").read_text())
    assert summary["board_fingerprint"] == demo.summary["board_fingerprint"]
    (run / "report.html").unlink()
    assert tinycl("report", run).returncode == 0
    assert (run / "report.html").stat().st_size > 5000


def test_fit_is_refused_with_the_largest_part(demo: Demo, tmp_path: Path) -> None:
    done = tinycl(
        *("compile", demo.folder / "backbone.tflite", "-o", tmp_path / "m.tcm"),
        *("--board", "circuitpython", "--replay", 2000),
    )
    assert done.returncode == 1
    assert "does not fit: the largest part is replay" in " ".join(done.stdout.split())
