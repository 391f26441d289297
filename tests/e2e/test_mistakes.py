"""A user's mistake costs one clear sentence and exit code 1, never a traceback."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from helpers.command import Demo, tinycl
from tinycl_rt.learner import Learner
from tinycl_rt.model.loader import Model

from tinycl.cli import main

VERBS = (
    "demo",
    "train",
    "convert",
    "compile",
    "run",
    "simulate",
    "stream",
    "report",
    "boards",
    "label",
)


@pytest.mark.parametrize("verb", VERBS)
def test_help_has_examples(
    verb: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["tinycl", verb, "--help"])
    with pytest.raises(SystemExit) as stop:
        main()
    assert not stop.value.code
    examples = capsys.readouterr().out.split("Examples:")[1]
    assert f"tinycl {verb}" in examples


MISTAKES = [
    ("no data set is called 'digit'; did you mean digits", "train", "digit"),
    ("unknown backbone size '9k'", "train", "digits", "--size", "9k"),
    ("no data set", "stream", "--data", "nosuch"),
    ("no such port", "stream", "--data", "digits", "--port", "no-such-port"),
    ("there is no board called 'picco'; did you mean pico", "demo", "--board", "picco"),
    ("cannot make the folder", "demo", "-o", "garbage/demo"),
    ("is a real board", "stream", "--data", "digits", "--board", "pico2"),
    ("there is no model on this board", "stream", "--data", "digits"),
    ("cannot read nothing.tcm", "simulate", "--model", "nothing.tcm", "--data", "digits"),
    ("cannot read nothing.tflite", "compile", "nothing.tflite"),
    ("colour-s is a backbone of the zoo and compiled already", "compile", "colour-s"),
    ("not a .tcm file", "simulate", "--model", "garbage", "--data", "digits"),
    ("not a .tcm file", "stream", "--model", "garbage", "--data", "digits"),
    ("expected a .tflite flatbuffer", "compile", "garbage"),
    ("expected a Keras model", "convert", "garbage"),
    ("summary.json", "report", "."),
    ("is not a scenario", "simulate", "--model", "M", "--data", "digits", "--scenario", "nc:x"),
    ("unknown depth 'deep'", "simulate", "--model", "M", "--data", "digits", "--learn", "deep"),
    ("unknown policy 'lifo'", "simulate", "--model", "M", "--data", "digits", "--policy", "lifo"),
    ("qb between 8 and 16, got 3", "simulate", "--model", "M", "--data", "digits", "--qb", "3"),
    ("cannot write", "compile", "T", "-o", "garbage/model.tcm"),
    ("a grid of 99", "compile", "T", "-o", "x.tcm", "--grid", "99"),
    ("choose another board", "compile", "T", "-o", "x.tcm", "--board", "cpython"),
    ("(8, 8, 1)", "simulate", "--model", "M", "--data", "npz:wide.npz"),
    ("state", "simulate", "--model", "M", "--data", "digits", "--state", "garbage"),
    ("state", "stream", "--model", "M", "--data", "digits", "--state", "garbage"),
    ("classes 3, not 10", "simulate", "--model", "M", "--data", "digits", "--state", "few.tcs"),
    ("called 'aaaaaaaaaaaaaaaaaaaaaaaa'", "stream", "--model", "M", "--data", "csv:long.csv"),
    ("a seed from 1", "demo", "--seed", "0"),
    ("seed between 1 and", "simulate", "--model", "M", "--data", "digits", "--seed", "-1"),
    ("1 to 100,000 epochs", "train", "digits", "--epochs", "1000000000"),
    ("the zoo has no 'green'", "train", "digits", "--from", "green"),
    ("grey takes samples of (28, 28, 1)", "train", "digits", "--from", "grey"),
    ("leave out --size 8k", "train", "letters", "--from", "grey", "--size", "8k"),
    ("fewer --epochs", "simulate", "--model", "M", "--data", "digits", "--epochs", "1000000000"),
    ("not a CIRCUITPY drive", "flash", "--drive", "."),
]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda m: " ".join(m[1:]))
def test_one_sentence(
    mistake: tuple[str, ...],
    demo: Demo,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    expected, *words = mistake
    (tmp_path / "garbage").write_bytes(b"<html>" + bytes(range(256)) * 8)
    rng = np.random.default_rng(0)
    np.savez(
        tmp_path / "wide.npz",
        x_train=rng.integers(0, 256, (20, 9, 9), dtype=np.uint8),
        y_train=np.arange(20) % 2,
    )
    (tmp_path / "few.tcs").write_bytes(Learner(Model(demo.model.read_bytes()), classes=3).dump())
    rows = [f"{'a' * 24}{i % 3}" + ",7" * 64 for i in range(30)]
    (tmp_path / "long.csv").write_text("\n".join(rows))
    names = {"M": str(demo.model), "T": str(demo.folder / "backbone.tflite")}
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["tinycl", *(names.get(word, word) for word in words)])
    with pytest.raises(SystemExit) as stop:
        main()
    _, errors = capsys.readouterr()
    assert stop.value.code == 1
    assert expected in errors
    assert len(errors.strip().splitlines()) == 1


def test_cut_flatbuffer(demo: Demo, tmp_path: Path) -> None:
    whole = (demo.folder / "backbone.tflite").read_bytes()
    for n in (9, 100, len(whole) // 2, len(whole) - 200):
        (tmp_path / "cut.tflite").write_bytes(whole[:n])
        done = tinycl("compile", "cut.tflite", cwd=tmp_path)
        assert done.returncode == 1, done.stdout
        assert "cut.tflite: " in done.stderr and "Traceback" not in done.stderr
