"""A short run of the fuzzers; ``make fuzz`` is the long one."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import fuzz_models
import pytest
from board.harness import absent
from tinycl_rt import checks, kernels_numpy, kernels_ref

FUZZ = Path(__file__).parents[1] / "tools" / "fuzz.py"


def test_no_fault() -> None:
    if not (shutil.which("gcc") and shutil.which("make")):
        absent("no C compiler: run tools/setup.sh")
    command = [sys.executable, str(FUZZ), "--runs", "20000", "--seed", "3"]
    ran = subprocess.run(command, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.count("no fault") == 4
    assert "fuzz: 20000 executions" in ran.stdout


@pytest.mark.parametrize("check", ["check_window", "check_positions", "has_stray_bits", "inside"])
def test_a_check_that_the_loader_lacks_is_found(
    check: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, check, lambda *given: None)
    with pytest.raises(Exception) as found:
        fuzz_models.fuzz(20_000, 1, (kernels_ref, kernels_numpy))
    assert not isinstance(found.value, (KeyboardInterrupt, MemoryError))


def test_runs_repeat() -> None:
    sets = (kernels_ref, kernels_numpy)
    assert fuzz_models.fuzz(500, 2, sets) == fuzz_models.fuzz(500, 2, sets)
    assert fuzz_models.fuzz(500, 2, sets) != fuzz_models.fuzz(500, 3, sets)
