"""What boards get is the runtime, packed: every name in it is defined, and it learns the same."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.paths import RUNTIME

from tinycl.exceptions import FlashError
from tinycl.packing import pack as packing
from tinycl.packing.pack import pack
from tinycl.packing.parts import PROFILES, STUBS

LEARNS = """
import random
from tinycl_rt import Learner
from tinycl_rt.config import Config
from tinycl_rt.predictor import Predictor

learner = Learner({model!r}, Config(classes=3, replay_slots=5, depth={depth}))
numbers = random.Random(1)
for i in range(12):
    learner.learn(bytes(numbers.randrange(256) for _ in range(learner.model.input_bytes)), i % 3)
learner.end()
pixels = bytes(range(learner.model.input_bytes))
with open("state.tcs", "wb") as file:
    file.write(learner.dump())
other = Learner({model!r})
with open("state.tcs", "rb") as file:
    other.restore(file)
found = [learner.fingerprint(), other.fingerprint(), learner.predict(pixels)]
if not {depth}:
    predictor = Predictor({model!r})
    predictor.load("state.tcs")
    found += [predictor.predict(pixels), list(predictor.scores) == list(learner.scores)]
print(found)
"""


@pytest.fixture(params=PROFILES)
def packed(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder with the runtime of a profile."""
    write(pack(request.param), tmp_path / request.param)
    return tmp_path / request.param


def write(files: dict[str, str], folder: Path) -> None:
    for path, text in files.items():
        target = folder / "tinycl_rt" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)


def test_every_name_is_defined(packed: Path) -> None:
    words = ["check", "--isolated", "--select", "F82,F63,F7", str(packed)]
    ran = subprocess.run([sys.executable, "-m", "ruff", *words], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout


@pytest.mark.parametrize("depth", [0, 1])
def test_it_learns_what_the_sources_learn(
    depth: int, tiny_model: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "model.tcm").write_bytes(tiny_model)
    write(pack("serve"), tmp_path / "packed")
    code = LEARNS.format(model="model.tcm", depth=depth)
    said = []
    for place in ([], [str(tmp_path / "packed")]):
        start = f"import sys; sys.path[:0] = {place!r}\n{code}"
        ran = subprocess.run(
            [sys.executable, "-c", start], cwd=tmp_path, capture_output=True, text=True
        )
        assert ran.returncode == 0, ran.stderr
        said.append(ran.stdout)
    assert said[0] == said[1]
    assert said[0].startswith("[")


def test_it_is_small_and_says_where_public_names_are() -> None:
    files = pack("serve", sound=True)
    for name in STUBS:
        assert len(files[f"{name.replace('.', '/')}.py"]) < 300
    assert "Learner" in files["__init__.py"] and "_make_replay" not in files["__init__.py"]


def test_two_imports_of_one_name_are_noticed(tmp_path: Path) -> None:
    """A packed function cannot choose between modules by importing them under one name."""
    folder = tmp_path / "tinycl_rt"
    shutil.copytree(RUNTIME, folder, ignore=shutil.ignore_patterns("__pycache__"))
    text = (folder / "learner.py").read_text()
    (folder / "learner.py").write_text(text.replace("import Lda\n", "import Lda as Head\n"))
    with pytest.raises(FlashError, match=r"learner\.reset imports two things as Head"):
        pack("serve", folder)


def test_a_module_that_is_in_no_part_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    short = {"serve": {**PROFILES["serve"], "_restore": "store.weights"}}
    monkeypatch.setattr(packing, "PROFILES", short)
    with pytest.raises(FlashError, match=r"packing: .* imports store\.re.*, which is in no part"):
        pack("serve")
