"""A board whose flash takes nothing: the user is told, and its state goes to a file instead."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from helpers.boards import built
from helpers.command import tinycl
from helpers.link import flash_with, hand_made_model
from helpers.storage import KINDS, failing
from helpers.terminal import Terminal
from PIL import Image
from typer.testing import CliRunner

from tinycl.boards import start
from tinycl.cli import app
from tinycl.cli.saving import Keeper
from tinycl.exceptions import DataError, UnsavedError
from tinycl.link import connect

MODEL = hand_made_model(8, 1)
STREAM = ("stream", "--data", "digits", "--limit", "20", "--scenario", "nc:5", "--replay", "40")
LOGS = ("state.0", "state.1")


@pytest.fixture(params=["cpython", "unix"])
def board(request: pytest.FixtureRequest) -> str:
    if request.param != "cpython":
        built(request.param)
    return str(request.param)


def full(folder: Path) -> Path:
    """A flash folder with a model, and no room for states: writing them fails with ENOSPC."""
    flash = flash_with(MODEL, folder)
    for name in LOGS:
        (flash / name).symlink_to("/dev/full")
    return flash


def rescued(board: str, flash: Path, file: Path) -> str:
    """Make room, put a file's state back as a user does, and return the board's fingerprint."""
    for name in LOGS:
        (flash / name).unlink()
    done = tinycl("restore", file, "--board", board, "--flash", flash)
    assert done.returncode == 0, done.stderr
    with start(board, flash=flash) as machine, connect(machine.port) as client:
        return f"{client.info().state:08x}"


@pytest.mark.parametrize("kind", KINDS)
def test_flash_is_a_file_system_of_its_own(kind: str, board: str, tmp_path: Path) -> None:
    run = tmp_path / "run"
    with failing(tmp_path / "flash", kind, MODEL) as flash:
        done = tinycl(*STREAM, "--board", board, "--flash", flash, "-o", run)
        left = tinycl("info", "--board", board, "--flash", flash)
    assert done.returncode == 3, done.stderr
    reason = "the file system is full" if kind == "full" else "the files are read-only"
    assert reason in done.stderr and len(done.stderr.strip().splitlines()) == 1
    assert "could not save" in done.stdout.partition("after experience 0")[0]
    summary = json.loads((run / "summary.json").read_text())
    assert summary["saved"] is False
    assert (run / f"unsaved-{summary['board_fingerprint']}.tcs").is_file()
    assert left.returncode == 0 and "0 samples" in left.stdout


def test_stream_says_so_and_ends_with_3(board: str, tmp_path: Path) -> None:
    flash, run = full(tmp_path / "flash"), tmp_path / "run"
    done = tinycl(*STREAM, "--board", board, "--flash", flash, "-o", run)
    assert done.returncode == 3, done.stderr
    assert "could not save" in done.stdout  # at once
    summary = json.loads((run / "summary.json").read_text())
    assert summary["saved"] is False
    assert "could not save" in (run / "report.html").read_text()
    file = run / f"unsaved-{summary['board_fingerprint']}.tcs"
    assert "the file system is full" in done.stderr and f"tinycl restore {file}" in done.stderr
    assert rescued(board, flash, file) == summary["board_fingerprint"]


def test_a_board_that_could_not_save_keeps_serving(tmp_path: Path) -> None:
    """A goodbye would end its program, and with it what it learned."""
    built("unix")
    result, state = tmp_path / "result.json", tmp_path / "state.tcs"
    with start("unix", flash=full(tmp_path / "flash")) as board:
        done = tinycl(*STREAM, "--port", board.port, "--json", result, cwd=tmp_path)
        assert done.returncode == 3, done.stderr
        done = tinycl("backup", "--port", board.port, "-o", state)
        assert done.returncode == 0, done.stderr
    fingerprint = json.loads(result.read_text())["board_fingerprint"]
    assert f"fingerprint {fingerprint}" in done.stdout


def test_the_plug_is_pulled_before_it_can_say_whether_it_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = tmp_path / "result.json"
    with start("cpython", flash=full(tmp_path / "flash"), kernels="numpy") as board:
        asked = Keeper.keep

        def keep(self: Keeper) -> UnsavedError | None:
            board.restart()
            return asked(self)

        monkeypatch.setattr(Keeper, "keep", keep)
        words = (*STREAM, "--port", board.port, "--json", str(result))
        ran = CliRunner().invoke(app, [str(word) for word in words])
    assert isinstance(ran.exception, UnsavedError), ran.output
    assert "the board restarted" in str(ran.exception) and ran.exception.exit_code == 3
    assert json.loads(result.read_text())["saved"] is False


def test_results_that_cannot_be_written_do_not_hide_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise DataError("cannot write it: No space left on device")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tinycl.cli.stream.write_json", fails)
    words = (*STREAM, "--board", "cpython", "--flash", str(full(tmp_path / "flash")))
    ran = CliRunner().invoke(app, words)
    assert isinstance(ran.exception, UnsavedError), ran.output
    for part in ("the file system is full", "tinycl restore unsaved-", "cannot write it"):
        assert part in str(ran.exception)


def test_stream_that_was_saved(tmp_path: Path) -> None:
    result = tmp_path / "result.json"
    (tmp_path / "m.tcm").write_bytes(MODEL)
    done = tinycl(*STREAM, "--model", tmp_path / "m.tcm", "--json", result)
    assert done.returncode == 0 and "could not save" not in done.stdout
    assert json.loads(result.read_text())["saved"] is True


def test_ctrl_c_takes_the_state_along(board: str, tmp_path: Path) -> None:
    flash = full(tmp_path / "flash")
    words = ("--board", board, "--flash", flash)
    terminal = Terminal(*STREAM, "--epochs", 50, *words, cwd=tmp_path)
    terminal.child.expect_exact("could not save")
    terminal.child.expect_exact("learning experience")
    terminal.interrupted()
    text = terminal.end()
    (file,) = tmp_path.glob("unsaved-*.tcs")
    assert f"tinycl restore {file.name}" in text and "saved them" not in text
    assert rescued(board, flash, file) == file.stem.removeprefix("unsaved-")


def test_label_says_so_and_ends_with_3(board: str, tmp_path: Path) -> None:
    flash, result = full(tmp_path / "flash"), tmp_path / "result.json"
    for name in "ab":
        pixels = np.full((8, 8), ord(name), np.uint8)
        (tmp_path / "photos").mkdir(exist_ok=True)
        Image.fromarray(pixels).save(tmp_path / "photos" / f"{name}.png")
    words = ("--board", board, "--flash", flash, "--json", result)
    terminal = Terminal(
        "label", "--images", "photos", "--names", "a,b", *words, cwd=tmp_path, COLUMNS="80"
    )
    terminal.child.expect_exact("1 of 2")
    terminal.child.send("1")
    terminal.child.expect_exact("the board cannot save")
    terminal.child.send("q")
    text = terminal.end(3)
    found = json.loads(result.read_text())
    assert found["saved"] is False
    file = tmp_path / f"unsaved-{found['board_fingerprint']}.tcs"
    assert f"tinycl restore {file.name}" in text
    assert rescued(board, flash, file) == found["board_fingerprint"]


def test_restore_onto_a_full_board_ends_with_3(board: str, tmp_path: Path) -> None:
    kept, state = tmp_path / "kept", tmp_path / "state.tcs"
    (tmp_path / "m.tcm").write_bytes(MODEL)
    done = tinycl(*STREAM, "--model", tmp_path / "m.tcm", "--flash", kept, "--board", board)
    assert done.returncode == 0, done.stderr
    assert tinycl("backup", "-o", state, "--board", board, "--flash", kept).returncode == 0
    done = tinycl("restore", state, "--board", board, "--flash", full(tmp_path / "full"))
    assert done.returncode == 3 and "the file system is full" in done.stderr
