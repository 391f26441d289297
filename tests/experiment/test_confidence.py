"""Figures of confidence: of numbers that are known, and of a stream to a board with its report."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from helpers.link import hand_made_model

from tinycl.cli import main
from tinycl.experiment.confidence import figures


def test_figures_of_known_numbers() -> None:
    confidence = np.repeat([0.95, 0.55, 1.0, 0.15], [40, 40, 10, 10])
    right = np.concatenate([np.arange(40) < 36, np.arange(40) < 30, np.ones(10), np.zeros(10)])
    found = figures(confidence, np.arange(100) < 80, right)
    assert (found["mean"], found["accuracy"], found["known"]) == pytest.approx((0.715, 0.76, 0.8))
    assert found["reliability"] == [
        {"samples": 10, "confidence": pytest.approx(0.15), "accuracy": 0},
        {"samples": 40, "confidence": pytest.approx(0.55), "accuracy": 0.75},
        {"samples": 50, "confidence": pytest.approx(0.96), "accuracy": 0.92},
    ]
    assert found["calibration_error"] == pytest.approx(0.1 * 0.15 + 0.4 * 0.2 + 0.5 * 0.04)
    accuracy = {round(row["share"], 2): row["accuracy"] for row in found["coverage"]}
    assert len(accuracy) == 20 and accuracy[0.1] == 1 and accuracy[0.5] == pytest.approx(46 / 50)
    assert accuracy[1] == pytest.approx(0.76)
    one = figures(np.array([0.3]), np.array([True]), np.array([False]))
    assert {row["accuracy"] for row in one["coverage"]} == {0}


def test_a_stream_and_its_report_say_how_sure_the_board_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "m.tcm").write_bytes(hand_made_model(8, 1))
    words = ["stream", "--model", tmp_path / "m.tcm", "--data", "digits", "--limit", 20]
    words += ["--unknown", 2, "-o", tmp_path / "run"]
    monkeypatch.setattr(sys, "argv", ["tinycl", *map(str, words)])
    with pytest.raises(SystemExit) as stop:
        main()
    assert not stop.value.code
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    told = summary["confidence"]
    assert told["accuracy"] == pytest.approx(summary["final_accuracy"])
    assert told["coverage"][-1]["accuracy"] == pytest.approx(told["accuracy"])
    assert told["coverage"][4]["accuracy"] > told["accuracy"]
    assert told["calibration_error"] < 0.2 and told["unknown_auroc"] > 0.6
    assert told["unknown_accepted"] <= told["known"]
    page = (tmp_path / "run" / "report.html").read_text()
    assert "<h2>Confidence</h2>" in page and f"{told['unknown_auroc']:.3f}" in page
    assert page.count("share of samples") >= 1
