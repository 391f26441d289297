"""Where there are no pseudo-terminals: the command line starts, and boards speak over TCP."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.boards import built
from helpers.link import CONFIG, clean_run, flash_with, hand_made_model, samples
from helpers.tiny import tiny_model

from tinycl.boards import bare, start
from tinycl.exceptions import BoardError
from tinycl.flash.repl import Repl
from tinycl.link import connect, stream_experience

_BLOCK = (
    "import sys\nfor name in ('fcntl', 'pty', 'termios', 'tty'):\n    sys.modules[name] = None\n"
)


@pytest.fixture
def tcp(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYCL_BOARD_PORT", "tcp")


def test_the_command_line_needs_no_terminal_modules(tmp_path: Path) -> None:
    """As on Windows; the board's process lacks them too."""
    (tmp_path / "sitecustomize.py").write_text(_BLOCK)
    paths = os.pathsep.join([str(tmp_path), *sys.path])
    environment = {**os.environ, "PYTHONPATH": paths}

    def run(*words: object) -> str:
        code = "from tinycl.cli import main; main()"
        command = [sys.executable, "-c", code, *map(str, words)]
        ran = subprocess.run(command, env=environment, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    lacking = subprocess.run([sys.executable, "-c", "import termios"], env=environment)
    assert lacking.returncode == 1
    assert "simulate" in run("--help")
    model, drive = tmp_path / "model.tcm", tmp_path / "CIRCUITPY"
    model.write_bytes(tiny_model())
    drive.mkdir()
    assert "would copy" in run("flash", "--drive", drive, "--model", model, "--dry-run")
    stream = ("--model", model, "--data", "digits", "--limit", 4, "--scenario", "nc:5")
    run("simulate", *stream, "--save-state", tmp_path / "state.tcs")
    run("stream", *stream, "--json", tmp_path / "streamed.json")
    streamed = json.loads((tmp_path / "streamed.json").read_text())
    (crc,) = struct.unpack_from("<I", (tmp_path / "state.tcs").read_bytes(), 8)
    assert streamed["samples_streamed"] == 40
    assert streamed["board_fingerprint"] == f"{crc:08x}"


@pytest.mark.usefixtures("tcp")
@pytest.mark.parametrize("name", ["cpython", "unix", "cortex-m3"])
def test_a_board_behind_tcp_learns_and_survives_a_pulled_plug(name: str, tmp_path: Path) -> None:
    if name != "cpython":
        built(name)
    model = hand_made_model()
    images, labels = samples(60)
    with start(name, flash=flash_with(model, tmp_path)) as board, connect(board.port) as client:
        assert board.port.startswith("socket://127.0.0.1:")
        if name == "cortex-m3":
            client.put_model(model)
        client.reset(CONFIG)
        for number, _ in enumerate(stream_experience(client, 0, images, labels)):
            if number == 30:
                board.restart()
        assert client.info().state == clean_run(model, images, labels).fingerprint()
        client.bye()


@pytest.mark.usefixtures("tcp")
def test_a_repl_behind_tcp(tmp_path: Path) -> None:
    built("unix")
    with bare("unix", tmp_path) as board:
        for _ in range(2):
            with Repl(board.port) as repl:
                assert repl.identity.arch == "x64" and repl.run("print(6 * 7)").strip() == "42"


def test_an_unknown_kind_of_port_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYCL_BOARD_PORT", "usb")
    with pytest.raises(BoardError, match="expected TINYCL_BOARD_PORT=pty or tcp, got usb"):
        start("cpython")
