"""The code in the README runs as it is printed there."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from helpers.paths import PROJECT

README = PROJECT / "README.md"


def block(first_words: str) -> str:
    """The Python block of the README that holds these words."""
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    found = [b for b in blocks if first_words in b]
    assert len(found) == 1, f"{len(found)} blocks with {first_words!r}"
    return str(found[0])


def test_learner_in_ten_lines(
    tiny_model: bytes,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("model.tcm").write_bytes(tiny_model)
    cup, spoon = bytes(range(0, 128, 2)), bytes(range(255, 127, -2))
    exec(block("predict_name"), {"pixels": cup, "other_pixels": spoon})
    name, confidence = capsys.readouterr().out.split()
    assert name == "cup" and 128 <= int(confidence) <= 255


def test_client(tiny_model: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("run").mkdir()
    Path("run/model.tcm").write_bytes(tiny_model)
    rng = np.random.default_rng(0)
    images = {
        "image": rng.integers(0, 256, (8, 8, 1), dtype=np.uint8),
        "other": rng.integers(0, 256, (8, 8, 1), dtype=np.uint8),
    }
    exec(block("connect(board.port)"), images)
