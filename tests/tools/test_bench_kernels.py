"""tools.bench.kernels: the rows that checks rely on, and the targets of the native kernels."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.boards import built

TARGETS = {
    # 0.30 instructions per binary MAC, 3 per 8-bit MAC, 40,000 for the head's step on a Cortex-M3.
    "cortex-m3": {
        "binary_conv_3x3_64_64": 0.30,
        "binary_conv_1x1_64_64": 0.45,
        "first_conv_8bit": 3.0,
        "head_step_256x10": 40_000 / 5120,  # the whole Head.step
        "head_kernels_256x10": 38_000 / 5120,
        "tail_forward_3x3_64_64": 0.33,
        "tail_back_3x3_64_64": 1.25,
        "tail_update_3x3_64_64": 1.85,
    },
    # What was reached on a Cortex-M0, and a little more.
    "cortex-m0": {
        "binary_conv_3x3_64_64": 0.45,
        "binary_conv_1x1_64_64": 0.72,
        "first_conv_8bit": 7.8,
        "head_step_256x10": 90_000 / 5120,
    },
}


@pytest.mark.parametrize("board", TARGETS)
def test_native_kernels_reach_their_targets(board: str, tmp_path: Path) -> None:
    built(board)
    for package in ("elftools", "ar"):
        pytest.importorskip(package)
    out = tmp_path / "rows.json"
    tool = [sys.executable, "-m", "tools.bench.kernels", "--board", board]
    words = ["--backend", "native", "--backend", "viper", "--json", str(out)]
    ran = subprocess.run([*tool, *words], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    rows = json.loads(out.read_text())
    found = {(row["backend"], row["kernel"]): row for row in rows}
    for kernel, target in TARGETS[board].items():
        row = found["native", kernel]
        assert row["board"] == board
        assert row["instructions_per_mac"] == row["instructions"] / row["macs"]
        assert row["instructions_per_mac"] <= target
        assert (row["floor_per_mac"] or 0) < row["instructions_per_mac"]
        assert row["instructions"] < found["viper", kernel]["instructions"]
