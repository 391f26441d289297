"""The tool that measures the memory of training: its columns; the small trainer takes less."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def run(*words: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "tools.bench.training", *words], capture_output=True, text=True
    )


def test_numpy_trainers_are_weighed_side_by_side(tmp_path: Path) -> None:
    out = tmp_path / "training.json"
    done = run("--steps", "3", "--trainers", "numpy-standard,numpy", "--json", str(out))
    assert done.returncode == 0, done.stderr
    found = json.loads(out.read_text())["trainers"]
    large, small = found["numpy-standard"], found["numpy"]
    assert large["modelled_mib"] == pytest.approx(7.41, abs=0.01)
    assert large["arrays_mib"] > 3 * small["arrays_mib"]
    assert large["peak_mib"] > 2 * small["peak_mib"]
    assert all(result["wall_ms"] > 0 and result["cpu_ms"] > 0 for result in found.values())


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--trainers", "torch"), "expected trainers of"),
        (("--epochs", "1"), "needs --data"),
        (("--data", "digits", "--trainers", "numpy"), "takes samples of"),
        (("--batch", "1"), "expected --batch"),
    ],
)
def test_mistakes_are_one_sentence(words: tuple[str, ...], reason: str) -> None:
    done = run(*words)
    assert done.returncode != 0
    assert reason in done.stderr and "Traceback" not in done.stderr.splitlines()[0]
