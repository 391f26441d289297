"""tools.bench.backward: the quantised backward pass against float32 ones."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.boards import built


def test_quantised_backward_pass_takes_a_fraction(tmp_path: Path) -> None:
    built("cortex-m3")
    for package in ("elftools", "ar"):
        pytest.importorskip(package)
    out = tmp_path / "backward.json"
    tool = [sys.executable, "-m", "tools.bench.backward", "--json", str(out)]
    ran = subprocess.run(tool, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    found = json.loads(out.read_text())
    assert found["board"] == "cortex-m3"
    ratio = found["float32_instructions"] / found["quantised_instructions"]
    assert found["ratio"] == ratio
    assert 15 < found["ratio_to_signs"] < ratio  # Vorabbi et al., 2401.09916, report up to 2.2
    for kind, parts in found["parts"].items():
        assert found[f"{kind}_instructions"] == parts["back"] + parts["update"]
        assert min(parts.values()) > found["macs"] / 4  # something was done
