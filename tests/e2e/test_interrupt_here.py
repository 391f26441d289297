"""Ctrl-C on a real terminal while this computer works: ``simulate``, ``train``, ``compile``."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from helpers.command import tinycl
from helpers.link import hand_made_model
from helpers.terminal import Terminal

HELD_IMPORT = """
import time
print("importing", flush=True)
while True:
    try:
        time.sleep(60)
    except BaseException:  # as where Python imports inside a callback
        pass
"""
KEEPING = """
import multiprocessing, time
from tinycl.cli.interrupt import keeping

if __name__ == "__main__":
    multiprocessing.Process(target=time.sleep, args=(600,)).start()
    with keeping(lambda: "kept"):
        try:
            print("working", flush=True)
            time.sleep(600)
        except KeyboardInterrupt:
            print("saving", flush=True)
            time.sleep(600)
"""


def session(leader: int) -> list[int]:
    """Processes of a session that live."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, leads = stat.read_text().rpartition(")")[2].split()[:4]
        except OSError:
            continue
        if int(leads) == leader and state != "Z":
            found.append(int(stat.parent.name))
    return found


def wait(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def pressed(terminal: Terminal, twice: bool) -> str:
    """What is said after Ctrl-C. The second may come when all is said, so it need not be heard."""
    terminal.interrupted(saving=False)
    if twice:
        terminal.child.sendintr()
    text = terminal.end()
    assert twice or "ended at once" not in text
    assert text.count("tinycl: ") == 1, text[-800:]
    return text


@pytest.mark.parametrize(
    ("module", "words"),
    [
        ("typer", ("--help",)),
        ("tensorflow", ("train", "digits", "-o", "run")),
        ("larq_compute_engine", ("convert", "model.keras", "-o", "new/backbone.tflite")),
    ],
)
def test_imports_end_at_once(module: str, words: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / f"{module}.py").write_text(HELD_IMPORT)
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    words = tuple(str(tmp_path / word) if "." in word else word for word in words)
    terminal = Terminal(*words, PYTHONPATH=path, cwd=tmp_path)
    terminal.child.expect_exact("importing")
    terminal.interrupted(saving=False)
    assert terminal.end().count("tinycl: interrupted before the work began") == 1


@pytest.mark.parametrize("twice", [False, True])
def test_simulate_keeps_finished_runs(twice: bool, tmp_path: Path) -> None:
    model, results, table = tmp_path / "model.tcm", tmp_path / "sweep", tmp_path / "result.json"
    model.write_bytes(hand_made_model(8, 1))
    words = ("simulate", "--model", model, "--data", "digits", "--limit", 200, "--seeds", 30)
    words = (*words, "--jobs", 2, "--results", results, "--json", table)
    terminal = Terminal(*words)
    terminal.until(lambda: any(results.glob("*.json")))
    text = pressed(terminal, twice)
    wait(lambda: not session(terminal.child.pid))  # the workers end too
    finished = {file: file.stat().st_mtime_ns for file in results.glob("*.json")}
    assert 0 < len(finished) < 30 and not table.exists()
    if twice:  # the second may come when all is said
        assert "ended at once" in text or "keeps the finished runs" in text
        return
    assert f"{results} keeps the finished runs: the same command runs the others" in text
    done = tinycl(*words)
    assert done.returncode == 0, done.stderr
    assert {file: file.stat().st_mtime_ns for file in finished} == finished
    assert len(json.loads(table.read_text())["runs"]) == 30


def test_simulate_without_results(tmp_path: Path) -> None:
    model = tmp_path / "model.tcm"
    model.write_bytes(hand_made_model(8, 1))
    terminal = Terminal("simulate", "--model", model, "--data", "digits", "--limit", 20000)
    terminal.child.expect_exact("learning")
    terminal.interrupted(saving=False)
    assert "no run was kept, --results FOLDER would keep finished ones" in terminal.end()


@pytest.mark.parametrize("twice", [False, True])
def test_train_goes_on_from_its_checkpoint(twice: bool, tmp_path: Path) -> None:
    words = ("train", "digits", "--size", "4k", "--classes", "0-2", "--epochs", 60, "-o")
    words = (*words, tmp_path)
    checkpoints = tmp_path / "checkpoints"
    terminal = Terminal(*words)
    terminal.until((checkpoints / "last.keras").exists)
    text = pressed(terminal, twice)
    if "ended at once" not in text:
        assert f"{checkpoints} keeps the last checkpoint: the same command with --resume" in text
    assert not (tmp_path / "backbone.keras").exists()
    before = json.loads((checkpoints / "history.json").read_text())
    done = tinycl(*words, "--resume")
    assert done.returncode == 0, done.stderr
    history = json.loads((tmp_path / "training.json").read_text())["history"]
    assert 0 < len(before) < len(history) == 60
    assert history[: len(before)] == before


@pytest.fixture(scope="module")
def tflite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("backbone")
    for words in (
        ("train", "digits", "--size", "4k", "--classes", "0-2", "--epochs", 1, "-o", folder),
        ("convert", folder, "-o", folder / "backbone.tflite"),
    ):
        done = tinycl(*words)
        assert done.returncode == 0, done.stderr
    return folder / "backbone.tflite"


@pytest.mark.parametrize("twice", [False, True])
def test_compile_keeps_the_earlier_file(twice: bool, tflite: Path, tmp_path: Path) -> None:
    output = tmp_path / "model.tcm"
    output.write_bytes(b"earlier")
    terminal = Terminal("compile", tflite, "-o", output, "--verify", 50000)
    terminal.child.expect_exact("running LCE's interpreter")
    text = pressed(terminal, twice)
    assert "ended at once" in text or f"{output} was not written" in text
    assert output.read_bytes() == b"earlier" and os.listdir(tmp_path) == ["model.tcm"]


def test_twice_ends_at_once_with_all_processes(tmp_path: Path) -> None:
    (tmp_path / "work.py").write_text(KEEPING)
    with subprocess.Popen(
        [sys.executable, tmp_path / "work.py"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout and process.stderr
        for line in ("working", "saving"):
            assert process.stdout.readline().strip() == line
            process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
        assert process.stderr.read() == "tinycl: ended at once; what was not saved is lost\n"
    wait(lambda: not session(process.pid))
