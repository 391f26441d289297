"""A short run of the fuzzers; ``make fuzz`` is the long one."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest
from helpers import fuzz_models
from helpers.boards import absent
from tinycl_rt.kernels.numpy import core as numpy_kernels
from tinycl_rt.kernels.reference import core as reference
from tinycl_rt.model import checks


def test_no_fault() -> None:
    if not (shutil.which("gcc") and shutil.which("make")):
        absent("no C compiler: run tools/boards/setup.sh")
    command = [sys.executable, "-m", "tools.faults.fuzz", "--runs", "20000", "--seed", "3"]
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
        fuzz_models.fuzz(20_000, 1, (reference, numpy_kernels))
    assert not isinstance(found.value, (KeyboardInterrupt, MemoryError))


def test_runs_repeat() -> None:
    sets = (reference, numpy_kernels)
    assert fuzz_models.fuzz(500, 2, sets) == fuzz_models.fuzz(500, 2, sets)
    assert fuzz_models.fuzz(500, 2, sets) != fuzz_models.fuzz(500, 3, sets)
