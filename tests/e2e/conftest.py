"""One demo for all end-to-end tests: its model and summary."""

from __future__ import annotations

import fcntl
import json
import os

import pytest
from helpers.command import Demo, tinycl


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
            # Here, before a test of another process runs the demo again in the same folder.
            summary = json.loads((folder / "summary.json").read_text())
            assert summary == json.loads((base / "copy.json").read_text())
            output.write_text(done.stdout)
    summary = json.loads((base / "copy.json").read_text())
    return Demo(folder, summary, output.read_text())
