"""A larger real set: a backbone that knows 0-4, and a stream of 5-9."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from helpers.boards import built
from helpers.command import tinycl

DATA = Path(os.environ.get("TINYCL_DATA", "")) / "mnist.npz"


@pytest.mark.skipif(not DATA.is_file(), reason="TINYCL_DATA names no folder with mnist.npz")
def test_mnist(tmp_path: Path) -> None:
    run, model = tmp_path / "run", tmp_path / "model.tcm"
    words = ("--size", "16k", "--classes", "0-4", "--epochs", 2)
    done = tinycl("train", "mnist", *words, "-o", run)
    assert done.returncode == 0, done.stderr
    assert json.loads((run / "training.json").read_text())["test_accuracy"] > 0.98
    done = tinycl("convert", run, "-o", run / "backbone.tflite")
    assert done.returncode == 0, done.stderr
    report = tmp_path / "compile.json"
    done = tinycl(
        *("compile", run / "backbone.tflite", "-o", model, "--json", report),
        *("--verify", 300, "--data", "mnist"),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(report.read_text())["bits_checked"] == 300 * 1024
    stream = ("--model", model, "--data", "mnist", "--scenario", "nc:1,first=5")
    result = tmp_path / "simulated.json"
    done = tinycl("simulate", *stream, "--limit", 1000, "--json", result)
    assert done.returncode == 0, done.stderr
    simulated = json.loads(result.read_text())["runs"][0]
    assert simulated["final_accuracy"] > 0.88
    # The same model on a board, a shorter stream.
    built("unix")
    short = (*stream, "--limit", 20)
    assert tinycl("simulate", *short, "--json", result).returncode == 0
    expected = json.loads(result.read_text())["runs"][0]["state_fingerprint"]
    done = tinycl("stream", *short, "--board", "unix", "--json", result)
    assert done.returncode == 0, done.stderr
    assert json.loads(result.read_text())["board_fingerprint"] == expected
