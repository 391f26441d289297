"""The command line as a user calls it, and a finished demo."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Demo", "tinycl"]


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
