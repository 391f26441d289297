"""Ctrl-C on a real terminal, at every stage of ``stream``, ``label`` and ``run``."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.command import tinycl
from helpers.link import flash_with, hand_made_model
from helpers.terminal import Terminal
from PIL import Image
from tinycl_rt.link import protocol as p

from tinycl.boards.emulated import CPythonBoard
from tinycl.link import connect
from tools.faults.proxy import FaultProxy, Faults

MODEL = hand_made_model(8, 1)
STREAM = ("--data", "digits", "--limit", "20", "--scenario", "nc:5", "--replay", "40")
STAGES = {
    "opening": (p.HELLO, 1),
    "sending the model": (p.PUT_DATA, 1),
    "learning": (p.LEARN, 30),
    "testing": (p.PREDICT, 5),
}


class HeldCable(FaultProxy):
    """Carries bytes to a board until a request is under way; then it holds them back.

    Parameters
    ----------
    code, count : int
        The request, and how many of them come before the one that is held.
    """

    def __init__(self, board: str, link: Path, code: int, count: int = 1) -> None:
        self._code, self._count = code, count
        self.reached, self.released = threading.Event(), threading.Event()
        super().__init__(board, link, Faults())

    def _to_board(self, data: bytes) -> None:
        self._count -= data.count(b"\xb1\xc7" + bytes([self._code]))
        if self._count <= 0 and not self.released.is_set():
            self.reached.set()
            while not self.released.wait(0.05) and not self._stop.is_set():
                pass
        super()._to_board(data)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("model") / "model.tcm"
    file.write_bytes(MODEL)
    return file


@pytest.fixture(scope="module")
def expected(model: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The summary of a stream that nothing interrupts."""
    return _summary(model, tmp_path_factory.mktemp("whole"))


@contextmanager
def held(tmp_path: Path, code: int, count: int = 1, full: bool = False) -> Iterator[HeldCable]:
    """A board behind a cable that holds a request back; the cable's port is tmp_path/port."""
    flash = flash_with(MODEL if full else None, tmp_path / "flash")
    with (
        CPythonBoard(flash, kernels="numpy") as board,
        HeldCable(board.port, tmp_path / "port", code, count) as cable,
    ):
        yield cable


def _summary(model: Path, tmp_path: Path, *words: object) -> dict[str, Any]:
    result = tmp_path / "result.json"
    done = tinycl("stream", "--model", model, *STREAM, "--json", result, *words)
    assert done.returncode == 0, done.stderr
    return json.loads(result.read_text())


@pytest.mark.parametrize("stage", STAGES)
def test_once_saves_and_the_same_command_goes_on(
    stage: str, model: Path, expected: dict[str, Any], tmp_path: Path
) -> None:
    with held(tmp_path, *STAGES[stage]) as cable:
        words = ("--port", tmp_path / "port")
        terminal = Terminal("stream", "--model", model, *STREAM, *words)
        terminal.until(cable.reached.is_set)
        terminal.interrupted(saving=stage != "opening")
        cable.released.set()
        text = terminal.end()
        if stage in ("learning", "testing"):
            assert "samples and saved them; the same command goes on from there" in text
            with connect(tmp_path / "port") as client:
                assert not client.hello().unsaved and client.hello().learned >= 20
        summary = _summary(model, tmp_path, *words)
    assert summary["board_fingerprint"] == expected["board_fingerprint"]


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != "opening"])
def test_twice_ends_at_once(stage: str, model: Path, tmp_path: Path) -> None:
    """The second Ctrl-C does not wait for the board, which does not answer any more."""
    with held(tmp_path, *STAGES[stage]) as cable:
        terminal = Terminal("stream", "--model", model, *STREAM, "--port", tmp_path / "port")
        terminal.until(cable.reached.is_set)
        terminal.interrupted()
        terminal.interrupted(saving=False)
        assert "ended at once; what was not saved is lost" in terminal.end()


@pytest.mark.parametrize("watch", [(), ("--watch",)])
def test_the_boards_process_does_not_hear_the_terminal(
    watch: tuple[str, ...], model: Path, expected: dict[str, Any], tmp_path: Path
) -> None:
    """Ctrl-C reaches all processes of a terminal; the emulated board saves when it is told to."""
    flash = tmp_path / "kept"
    terminal = Terminal("stream", "--model", model, *STREAM, "--flash", flash, *watch)
    terminal.until((flash / "state.1").exists)  # the second save: it learns
    terminal.interrupted()
    assert "samples and saved them" in terminal.end()
    summary = _summary(model, tmp_path, "--flash", flash)
    assert summary["board_fingerprint"] == expected["board_fingerprint"]
    assert summary["samples_streamed"] < expected["samples_streamed"]


@pytest.mark.parametrize("code", [p.PUT_DATA, p.STATS])
def test_label_before_its_screen_opens(code: int, model: Path, tmp_path: Path) -> None:
    Image.new("L", (8, 8)).save(tmp_path / "a.png")
    with held(tmp_path, code) as cable:
        words = ("--images", tmp_path, "--names", "a,b", "--port", tmp_path / "port")
        terminal = Terminal("label", "--model", model, *words)
        terminal.until(cable.reached.is_set)
        terminal.interrupted()
        cable.released.set()
        had_model = "0 samples and saved them" if code == p.STATS else "before the board had"
        assert had_model in terminal.end()


@pytest.mark.parametrize("twice", [False, True])
def test_label_while_a_sample_is_taught(twice: bool, model: Path, tmp_path: Path) -> None:
    Image.new("L", (8, 8)).save(tmp_path / "a.png")
    with held(tmp_path, p.LEARN, full=True) as cable:
        words = ("--images", tmp_path, "--names", "a,b", "--port", tmp_path / "port")
        terminal = Terminal("label", *words)
        terminal.child.expect_exact("1 of 1")
        terminal.child.send("1")
        terminal.until(cable.reached.is_set)
        terminal.interrupted()
        if twice:
            terminal.interrupted(saving=False)
            assert "ended at once" in terminal.end()
            return
        cable.released.set()
        assert "the board has learned 1 samples and saved them" in terminal.end()
        with connect(tmp_path / "port") as client:
            assert client.hello().learned == 1 and not client.hello().unsaved


def test_run_writes_nothing(model: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.zeros((40, 8, 8, 1), np.uint8))
    with held(tmp_path, p.LATENTS, 10) as cable:
        words = ("--input", tmp_path / "x.npy", "--features", tmp_path / "y.npy")
        terminal = Terminal("run", model, *words, "--port", tmp_path / "port")
        terminal.until(cable.reached.is_set)
        terminal.interrupted()
        cable.released.set()
        assert "nothing was written" in terminal.end()
        assert not (tmp_path / "y.npy").exists()
