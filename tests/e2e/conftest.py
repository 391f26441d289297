"""One demo for all end-to-end tests: its model and summary."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest


def tinycl(*words: object, cwd: Path | None = None, seconds: float = 600) -> Any:
    """Run the command line as a user does; returns the finished process."""
    return subprocess.run(
        [str(Path(sys.executable).with_name("tinycl")), *map(str, words)],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=seconds,
        env={**os.environ, "COLUMNS": "100"},
    )


@dataclass(frozen=True)
class Demo:
    """A finished ``tinycl demo``."""

    folder: Path
    summary: dict[str, Any]
    output: str

    @property
    def model(self) -> Path:
        """The compiled model."""
        return self.folder / "model.tcm"


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """Run the demo once, whichever of the test processes comes first."""
    base = tmp_path_factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, output = base / "demo", base / "demo.txt"
    with (base / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not output.exists():
            done = tinycl("demo", "-o", folder, "--json", base / "copy.json")
            assert done.returncode == 0, done.stdout + done.stderr
            output.write_text(done.stdout)
    summary = json.loads((folder / "summary.json").read_text())
    assert summary == json.loads((base / "copy.json").read_text())
    return Demo(folder, summary, output.read_text())
