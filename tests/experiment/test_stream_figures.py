"""``tinycl stream`` says how fast it was, and what of the time went to the link."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from helpers.link import hand_made_model

from tinycl.cli import main


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
