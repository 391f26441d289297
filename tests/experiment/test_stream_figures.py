"""``tinycl stream`` says how fast it was, and what of the time went to the link."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from helpers.link import hand_made_model

from tinycl.cli import main
from tinycl.experiment import board
from tinycl.observer import Observer


def test_speed_and_the_share_of_the_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "m.tcm").write_bytes(hand_made_model(8, 1))
    words = ["stream", "--model", tmp_path / "m.tcm", "--data", "digits", "--limit", 10]
    words += ["--json", tmp_path / "s.json"]
    monkeypatch.setattr(sys, "argv", ["tinycl", *map(str, words)])
    with pytest.raises(SystemExit) as stop:
        main()
    assert not stop.value.code
    found = json.loads((tmp_path / "s.json").read_text())
    assert found["samples_per_second"] > 0 and 0 <= found["link_share"] <= 1
    # A sample is 64 pixels and what goes around them, there and back.
    assert 64 < found["bytes_per_second"] / found["samples_per_second"] < 500
    assert 0 < found["saves"] < found["bytes_saved"]
    said = " ".join(capsys.readouterr().out.split())
    assert "samples/s, " in said and "KiB/s over the link" in said


@pytest.mark.parametrize(
    "first, reached",
    [
        (0, [1, 2, 6, 7, 5, 6, 7, 8, 9, 10, 11, 12]),  # it came back without two, taught again
        (0, [5, 6, 7, 8, 9, 10, 11, 12]),  # no reply came before the break
        (4, [7, 8, 9, 10, 11, 12]),  # an earlier run had taught four
    ],
)
def test_samples_are_counted_whose_replies_were_lost(
    first: int, reached: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    replies = [SimpleNamespace(position=at, predicted=0) for at in reached]
    monkeypatch.setattr(board, "stream_experience", lambda *words, **more: iter(replies))
    client = SimpleNamespace(
        counts=SimpleNamespace(bytes_sent=0, bytes_received=0, reconnections=0),
        stats=lambda: {"busy_ms": 0},
        board=SimpleNamespace(experience=0, is_open=first > 0, position=first),
    )
    taught = SimpleNamespace(
        dataset=SimpleNamespace(x_train=np.zeros((12, 1)), y_train=np.zeros(12, int)),
        names=lambda experience: None,
    )
    subject = board.StreamedBoard(client, taught)  # type: ignore[arg-type]
    experience = SimpleNamespace(number=0, indices=np.arange(12), classes=[0])
    subject.learn(experience, Observer())  # type: ignore[arg-type]
    assert subject.samples == 12 - first
