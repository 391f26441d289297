"""``tinycl stream --watch`` on terminals and without one, and what it asks of the board."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path
from typing import Any

import pexpect
import pytest
from helpers.link import CONFIG, clean_run, flash_with, hand_made_model, samples
from tinycl_rt.learner import Learner
from tinycl_rt.model.loader import Model

from tinycl.boards import start
from tinycl.link import connect, session, stream_experience
from tinycl.observer import Observer
from tinycl.ui import progress, stream_screen

PROGRAM = str(Path(sys.executable).with_name("tinycl"))
STREAM = ["stream", "--data", "digits", "--limit", "8", "--scenario", "nc:5"]
MODEL = hand_made_model()


def _stream(tmp_path: Path, name: str, *words: str) -> tuple[str, dict[str, Any]]:
    """What the command shows on a pseudo-terminal of 24 x 80, and its summary."""
    model, result = tmp_path / "m.tcm", tmp_path / f"{name}.json"
    model.write_bytes(hand_made_model(8, 1))
    log = io.StringIO()
    child = pexpect.spawn(
        PROGRAM,
        [*STREAM, "--model", str(model), "--json", str(result), *words],
        env={**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
        dimensions=(24, 80),
        encoding="utf-8",
        codec_errors="replace",
        timeout=60,
        logfile=log,
    )
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0, log.getvalue()
    return log.getvalue(), json.loads(result.read_text())


def test_a_terminal_shows_it_and_learning_is_the_same(tmp_path: Path) -> None:
    text, watched = _stream(tmp_path, "watched", "--watch")
    _, plain = _stream(tmp_path, "plain")
    assert watched["board_fingerprint"] == plain["board_fingerprint"]
    before, _, after = text.partition("\x1b[?1049l")  # the screen of before comes back
    assert "\x1b[?1049h" in before and "\x1b[?25h" in text
    for words in ("digits → cpython", "learning experience", "testing after", "▀", "KiB/s"):
        assert words in before, words
    assert after.count("after experience") == 2 and "80 samples streamed" in after


@pytest.mark.parametrize("watch", [True, False])
def test_lines_where_there_is_no_terminal(
    watch: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from tinycl.cli import main

    monkeypatch.setattr(stream_screen if watch else progress, "_LINE", 0.0)
    (tmp_path / "m.tcm").write_bytes(hand_made_model(8, 1))
    words = ["stream", "--model", str(tmp_path / "m.tcm"), "--data", "digits", "--limit", "8"]
    monkeypatch.setattr(sys, "argv", ["tinycl", *words, *(["--watch"] if watch else [])])
    with pytest.raises(SystemExit) as stop:
        main()
    assert not stop.value.code
    out = capsys.readouterr().out
    assert "\x1b" not in out
    first, told = out.index("learning experience 0 (0, 1): "), out.index(" right before learning")
    assert first < told < out.index("after experience 0")
    assert "after experience 4" in out


def test_questions_between_samples_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "_PAUSE", 0.0)
    images, labels = samples(60)
    clean = clean_run(MODEL, images, labels, end=False)
    found: list[list[int]] = []
    with (
        start("cpython", flash=flash_with(MODEL, tmp_path / "flash")) as board,
        connect(board.port, revive=board.start) as client,
    ):
        client.reset(CONFIG)

        class Asks(Observer):
            def pause(self) -> None:
                found.append(client.stats_and_replay()[1])
                if len(found) == 5:
                    board.kill()

        client.observer = Asks()
        positions = [s.position for s in stream_experience(client, 0, images, labels)]
        assert positions[-1] == 60 and len(found) > 5
        assert found[-1] == list(clean.replay.sizes) and sum(found[-1]) == CONFIG.replay_slots
        clean.end()
        assert client.info().state == clean.fingerprint()


def test_a_prediction_by_what_was_taught_a_moment_ago(tmp_path: Path) -> None:
    images, labels = samples(40)
    clean = clean_run(MODEL, images, labels, end=False)
    with (
        start("cpython", flash=flash_with(MODEL, tmp_path / "flash")) as board,
        connect(board.port) as client,
    ):
        client.reset(CONFIG)
        client.begin(0, sorted({int(y) for y in labels}), 40)
        list(client.learn_many(0, 0, zip(images, labels, strict=True)))
        taught = [client.predict(x, training=True) for x in images]
        assert taught == [clean.predict(x.tobytes(), True) for x in images]
        assert sum(a == b for a, b in zip(taught, labels.tolist(), strict=True)) > 20
        assert [client.predict(x) for x in images] == [clean.predict(x.tobytes()) for x in images]
        client.end(0, 40)
        clean.end()
        after = [client.predict(x, training=True) for x in images]
        assert after == [clean.predict(x.tobytes()) for x in images]
        assert client.info().state == clean.fingerprint()


def test_training_weights_only_while_an_experience_is_open() -> None:
    images, _ = samples(1)
    learner = Learner(Model(MODEL), CONFIG)
    assert learner.predict(images[0].tobytes(), True) == learner.predict(images[0].tobytes())
