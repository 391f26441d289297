"""One demo for all end-to-end tests: its model and summary."""

from __future__ import annotations

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
    """Run the demo once."""
    folder = tmp_path_factory.mktemp("demo")
    done = tinycl("demo", "-o", folder, "--json", folder / "copy.json")
    assert done.returncode == 0, done.stdout + done.stderr
    summary = json.loads((folder / "summary.json").read_text())
    assert summary == json.loads((folder / "copy.json").read_text())
    return Demo(folder, summary, done.stdout)
