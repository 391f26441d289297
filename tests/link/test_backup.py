"""``tinycl backup``, ``restore`` and ``info``: what was learned moves whole, or not at all."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from helpers.boards import built
from helpers.link import CONFIG, clean_run, flash_with, hand_made_model, samples
from helpers.tiny import Sketch, compiled
from tinycl_rt.config import Config
from tinycl_rt.learner import Learner
from tinycl_rt.model.loader import Model

from tinycl.boards import start
from tinycl.boards.emulated import CPythonBoard
from tinycl.cli import main
from tinycl.compiler.ir import Window
from tinycl.link import connect
from tinycl.link.backup import backup, restore

MODEL, OTHER = hand_made_model(), hand_made_model(threshold=99)
IMAGES, LABELS = samples(40)
Run = Callable[..., int]


@pytest.fixture
def board(tmp_path: Path) -> Iterator[CPythonBoard]:
    """A board that has learned 25 samples of an experience that is open."""
    with CPythonBoard(flash_with(MODEL, tmp_path / "flash")) as board:
        with connect(board.port) as client:
            client.reset(CONFIG)
            client.begin(0, [0, 1, 2, 3], 40, ["a", "b", "c", "d"])
            for i, _ in enumerate(client.learn_many(0, 0, zip(IMAGES[:25], LABELS, strict=False))):
                assert i < 25
        yield board


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run the command line in this process; its exit code."""

    def run(*words: object) -> int:
        monkeypatch.setattr(sys, "argv", ["tinycl", *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            main()
        return int(stop.value.code or 0)

    monkeypatch.chdir(tmp_path)
    return run


def test_there_and_back(board: CPythonBoard, run: Run, tmp_path: Path) -> None:
    file, report = tmp_path / "new" / "s.tcs", tmp_path / "report.json"
    assert run("backup", "-o", file, "--port", board.port, "--json", report) == 0
    said = json.loads(report.read_text())
    learner = Learner(Model(MODEL), CONFIG)
    learner.restore(file.read_bytes())
    assert (learner.learned, learner.position, learner.is_open) == (25, 25, True)
    assert said["fingerprints"]["state"] == f"{learner.fingerprint():08x}"
    assert (said["learned"], said["bytes"]) == (25, file.stat().st_size)
    with CPythonBoard(flash_with(MODEL, tmp_path / "two")) as other:
        assert run("restore", file, "--port", other.port) == 0
        with connect(other.port) as client:  # learning goes on there, bit for bit
            rest = zip(IMAGES[25:], LABELS[25:], strict=True)
            assert [p.learned for p in client.learn_many(0, 25, rest)] == list(range(26, 41))
            client.end(0, 40)
            learner = clean_run(MODEL, IMAGES, LABELS, end=False)
            for j, name in enumerate("abcd"):
                learner.name(j, name)
            learner.end()
            assert client.info().state == learner.fingerprint()
    info = tmp_path / "info.json"
    assert run("info", "--port", board.port, "--json", info) == 0
    found = json.loads(info.read_text())
    assert (found["learned"], found["names"]) == (25, ["a", "b", "c", "d"])
    assert found["state"] == int(said["fingerprints"]["state"], 16)
    assert found["stats"]["bad_frames"] == 0


@pytest.mark.parametrize("depth", [0, 1])
def test_from_board_to_board_to_simulator(depth: int, tmp_path: Path) -> None:
    """Learned in three places, one after another; a trained tail goes along."""
    built("unix")
    sketch = Sketch((8, 8, 1), np.random.default_rng(5))
    sketch.conv8(16, Window(3, 3), same=True)
    sketch.bpool(Window(2, 2, 2, 2))
    sketch.bconv(32, Window(3, 3), same=True, pad=1)
    model = compiled(sketch.count(1))
    config = Config(classes=4, replay_slots=20, replay_batch=2, depth=depth, seed=9)
    images, labels = samples(45, side=8, channels=1)
    expected = clean_run(model, images, labels, config)
    state = b""
    for name, first in (("cpython", 0), ("unix", 15)):
        flash = flash_with(model, tmp_path / name)
        with start(name, flash=flash) as board, connect(board.port) as client:
            client.reset(config)
            if state:
                restore(client, state)
            client.begin(0, [0, 1, 2, 3], 45)
            part = slice(first, first + 15)
            list(client.learn_many(0, first, zip(images[part], labels[part], strict=True)))
            state, _, info = backup(client)
            assert (info.learned, info.config and info.config.depth) == (first + 15, depth)
    learner = Learner(Model(model), Config(classes=2))
    learner.restore(state)
    for image, label in zip(images[30:], labels[30:], strict=True):
        learner.learn(image.tobytes(), int(label))
    learner.end()
    assert learner.dump() == expected.dump()


def test_an_emulated_board_keeps_what_is_put_on_its_flash(
    board: CPythonBoard, run: Run, tmp_path: Path
) -> None:
    assert run("backup", "-o", "s.tcs", "--port", board.port) == 0
    there = ("--board", "cpython", "--flash", flash_with(MODEL, tmp_path / "kept"))
    assert run("restore", "s.tcs", *there) == 0
    assert run("backup", "-o", "again.tcs", *there) == 0
    assert (tmp_path / "again.tcs").read_bytes() == (tmp_path / "s.tcs").read_bytes()


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("garbage", "expected a learned state (.tcs)"),
        ("empty", "expected a learned state (.tcs)"),
        ("cut", "is cut"),
        ("damaged", "is damaged"),
        ("other model", "was learned with model"),
        ("missing", "cannot read"),
    ],
)
def test_a_wrong_state_is_refused_in_a_sentence(
    board: CPythonBoard,
    run: Run,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    how: str,
    reason: str,
) -> None:
    with connect(board.port) as client:
        before = client.info().state
    state = bytes(clean_run(OTHER, IMAGES, LABELS).dump())
    content = {"garbage": b"x" * 400, "empty": b"", "cut": state[:-1]}.get(how, state)
    if how == "damaged":
        content = state[:80] + bytes([state[80] ^ 4]) + state[81:]
    if how != "missing":
        (tmp_path / "s.tcs").write_bytes(content)
    assert run("restore", "s.tcs", "--port", board.port) == 1
    errors = capsys.readouterr().err
    assert reason in errors and len(errors.strip().splitlines()) == 1
    with connect(board.port) as client:
        assert client.info().state == before


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("info", "--port", "a", "--board", "unix"), "expected --port or --board"),
        (("info", "--flash", "f"), "name it with --board"),
        (("info", "--port", "no-such-port"), "no such port"),
        (("backup", "-o", "s.tcs", "--board", "cpython"), "model"),
        (("backup", "-o", "s.tcs", "--board", "none"), "there is no board called"),
    ],
)
def test_wrong_words_are_one_sentence(
    run: Run, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], reason: str
) -> None:
    assert run(*words) == 1
    errors = capsys.readouterr().err
    assert reason in errors and len(errors.strip().splitlines()) == 1
