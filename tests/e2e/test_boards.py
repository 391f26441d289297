"""The same job on MicroPython: real instruction sets, native kernels, the same bits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from helpers.boards import built
from helpers.command import Demo, tinycl


@pytest.mark.parametrize("name", ["unix", "cortex-m3", "cortex-m0", "rv32"])
def test_demo_on_a_board(name: str, demo: Demo) -> None:
    built(name)
    result = demo.folder / f"{name}.json"
    done = tinycl("demo", "--board", name, "-o", demo.folder, "--json", result)
    assert done.returncode == 0, done.stdout + done.stderr
    summary = json.loads(result.read_text())
    assert summary["board"]["backend"] == "native"
    assert "micropython" in summary["board"]["firmware"]
    assert summary["board_fingerprint"] == demo.summary["board_fingerprint"]
    assert summary["simulator_fingerprint"] == demo.summary["board_fingerprint"]
    assert summary["accuracy_after_experience"] == demo.summary["accuracy_after_experience"]


def test_board_that_is_not_built_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    done = tinycl("stream", "--data", "digits", "--board", "cortex-m3")
    assert done.returncode == 1
    assert "the emulated board cortex-m3 needs" in done.stderr
    assert "make boards" in done.stderr
