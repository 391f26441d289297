"""Pull the plug of a board in the middle of ``tinycl stream``, and put it back."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from helpers.command import Demo, tinycl

from tinycl.boards import start

STREAM = ("--data", "digits", "--scenario", "nc:2", "--limit", "60", "--replay", "100")


def _expected(demo: Demo, tmp_path: Path) -> str:
    file = tmp_path / "simulated.json"
    done = tinycl("simulate", "--model", demo.model, *STREAM, "--json", file)
    assert done.returncode == 0, done.stderr
    return str(json.loads(file.read_text())["runs"][0]["state_fingerprint"])


def _stream(port: str, *words: object) -> subprocess.Popen[str]:
    program = str(Path(sys.executable).with_name("tinycl"))
    return subprocess.Popen(
        [program, "stream", "--port", port, *STREAM, *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _wait_until_it_learns(process: subprocess.Popen[str], flash: Path) -> None:
    """The second save comes after the first samples of a stream (the first is of the reset)."""
    deadline = time.monotonic() + 180
    while not (flash / "state.1").exists():
        assert process.poll() is None, process.stdout and process.stdout.read()
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _wait_for_a_save(process: subprocess.Popen[str], flash: Path) -> None:
    """The board has learned something since, and goes on."""

    def newest() -> int:
        return max(file.stat().st_mtime_ns for file in flash.glob("state.[01]"))

    before, deadline = newest(), time.monotonic() + 180
    while newest() == before:
        assert process.poll() is None, process.stdout and process.stdout.read()
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _children(parent: int) -> list[int]:
    """Processes that a process has started."""
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            words = dict(line.split(":", 1) for line in status.read_text().splitlines())
        except (OSError, ValueError):
            continue
        if int(words["PPid"]) == parent:
            found.append(int(words["Pid"]))
    return found


def test_board_killed_twice_while_it_learns(demo: Demo, tmp_path: Path) -> None:
    expected = _expected(demo, tmp_path)
    result = tmp_path / "result.json"
    with start("cpython", flash=tmp_path / "flash") as board:
        words = ("--model", demo.model, "--json", result)
        process = _stream(board.port, *words)
        _wait_until_it_learns(process, board.flash)
        for _ in range(2):
            _wait_for_a_save(process, board.flash)
            board.kill()
            board.start()
        text, _ = process.communicate(timeout=240)
    assert process.returncode == 0, text
    assert json.loads(result.read_text())["board_fingerprint"] == expected
    assert "Traceback" not in text


def test_board_of_its_own_killed_from_outside(demo: Demo, tmp_path: Path) -> None:
    """The board that ``tinycl stream`` started itself dies: it is started again."""
    expected = _expected(demo, tmp_path)
    result, program = tmp_path / "result.json", str(Path(sys.executable).with_name("tinycl"))
    flash = tmp_path / "flash"
    words = ["stream", *STREAM, "--model", str(demo.model), "--json", str(result)]
    words += ["--flash", str(flash)]
    process = subprocess.Popen(
        [program, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    _wait_until_it_learns(process, flash)
    (board,) = _children(process.pid)
    os.kill(board, signal.SIGKILL)
    text, _ = process.communicate(timeout=240)
    assert process.returncode == 0, text
    assert "the board is gone" in text
    assert json.loads(result.read_text())["board_fingerprint"] == expected


def test_host_interrupted_and_called_again(demo: Demo, tmp_path: Path) -> None:
    expected = _expected(demo, tmp_path)
    result = tmp_path / "result.json"
    with start("cpython", flash=tmp_path / "flash") as board:
        first = _stream(board.port, "--model", demo.model)
        _wait_until_it_learns(first, board.flash)
        first.send_signal(signal.SIGINT)
        text, _ = first.communicate(timeout=240)
        assert first.returncode == 130, text
        assert "Traceback" not in text
        second = _stream(board.port, "--json", result)
        text, _ = second.communicate(timeout=240)
    assert second.returncode == 0, text
    assert json.loads(result.read_text())["board_fingerprint"] == expected


def test_other_settings_are_refused_not_forgotten(demo: Demo, tmp_path: Path) -> None:
    flash = tmp_path / "flash"
    words = ("stream", "--flash", flash, "--data", "digits", "--limit", 5)
    assert tinycl(*words, "--model", demo.model).returncode == 0
    done = tinycl(*words, "--replay", 50)
    assert done.returncode == 1
    assert "with other settings (replay_slots 0, not 50)" in done.stderr
    assert tinycl(*words, "--replay", 50, "--reset").returncode == 0
