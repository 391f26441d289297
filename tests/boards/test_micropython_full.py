"""Full depth on emulated boards: the simulator's state, by native kernels where there are any."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
from helpers.boards import built
from helpers.paths import RUNTIME
from tinycl_rt.config import FULL, Config
from tinycl_rt.kernels.numpy import core as numpy_kernels
from tinycl_rt.learner import Learner
from tinycl_rt.model.loader import Model

from tinycl.compiler.untrained import untrained
from tinycl.data import load
from tools.boards.machines import Board
from tools.boards.runtime import build_native
from tools.boards.session import Session
from tools.boards.staging import stage

_COUNT = 40
_CONFIG = Config(depth=FULL, method=1, replay_slots=50, replay_batch=7, thresholds=1, seed=3)
_LEARN = """
import sys
from tinycl_rt.config import Config
from tinycl_rt.learner import Learner
from tinycl_rt.model.loader import Model

def read(name):
    with open(sys.path[%d] + "/" + name, "rb") as file:
        return file.read()

images, labels = read("images"), read("labels")
learner = Learner(Model(read("model.tcm")), Config.unpack(read("config")))
learner.begin()
for i in range(len(labels) // 2):
    learner.learn(images[i * 64 : i * 64 + 64], labels[i])
if %d:  # there is room for a copy of the state
    state = learner.dump()
    learner.reset(Config())
    learner.restore(state)
for i in range(len(labels) // 2, len(labels)):
    learner.learn(images[i * 64 : i * 64 + 64], labels[i])
learner.end()
print(learner.backend, learner.tail._kf.NAME, learner.fingerprint())
"""


def _samples() -> tuple[np.ndarray, np.ndarray]:
    digits = load("digits")
    return digits.x_train[:_COUNT], digits.y_train[:_COUNT]


@pytest.fixture(scope="module")
def expected() -> int:
    """Fingerprint of the state that the same run gives here."""
    learner = Learner(Model(untrained("mlp-small")), _CONFIG, numpy_kernels)
    learner.begin()
    for image, label in zip(*_samples(), strict=True):
        learner.learn(image.tobytes(), int(label))
    learner.end()
    return int(learner.fingerprint())


def _on_board(board: Board, folder: Path) -> str:
    rom = folder / "rom"
    stage([RUNTIME], rom, board, [build_native(board.arch)] if board.arch else [])
    images, labels = _samples()
    (rom / "model.tcm").write_bytes(untrained("mlp-small"))
    (rom / "config").write_bytes(_CONFIG.pack())
    (rom / "images").write_bytes(images.tobytes())
    (rom / "labels").write_bytes(bytes(labels.tolist()))
    if board.emulator:
        with Session(board, folder, rom) as session:
            return session.run(_LEARN % (2, 0), timeout=240)
    ran = subprocess.run(
        [*board.command(), "-c", _LEARN % (1, 1)],
        cwd=rom,
        env={"MICROPYPATH": f":{rom}:.frozen"},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@pytest.mark.parametrize("name", ["unix", "cortex-m3", "circuitpython"])
def test_all_layers_learn_the_same(name: str, expected: int, tmp_path: Path) -> None:
    board = built(name)
    kernels = "native native" if board.arch else "reference reference"
    assert _on_board(board, tmp_path) == f"{kernels} {expected}\n"
