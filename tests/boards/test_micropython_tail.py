"""The trainable tail on emulated boards: kernels, and whole learners of every depth."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from helpers.boards import built
from helpers.paths import ON_BOARD, RUNTIME, VECTORS
from helpers.streams import samples
from helpers.tiny import deep_model
from on_board.run import run
from tinycl_rt.config import Config
from tinycl_rt.kernels.numpy import core as numpy_kernels
from tinycl_rt.learner import Learner
from tinycl_rt.model.loader import Model

from tools.boards.machines import BOARDS, Board
from tools.boards.paths import mpy_cross
from tools.boards.runtime import build_native
from tools.boards.session import Session
from tools.boards.staging import stage

CASE = ON_BOARD / "cases" / "test_tail.py"
EXTRAS = [RUNTIME, ON_BOARD / "cases" / "test_viper.py"]
FILES = [VECTORS / "vector_check.py", VECTORS / "tail.jsonl"]
SETTINGS = (
    {"depth": 1, "tail_lr": 0, "tail_margin": 1},
    {"depth": 2, "rule": 2, "tail_lr": 1, "tail_decay": 2, "tail_margin": 1},
    {"depth": 3, "rule": 0, "tail_step": 3, "tail_margin": 1},
    {"depth": 3, "wide": 1, "thresholds": 1, "tail_lr": 4, "tail_margin": 1, "seed": 99},
)
_COUNT = 16
_LEARN = """
import gc
import sys
from binascii import crc32
from tinycl_rt.kernels import choose
from tinycl_rt.config import Config
from tinycl_rt.learner import Learner
from tinycl_rt.model.loader import Model

def read(name):
    with open(sys.path[%(at)d] + "/" + name, "rb") as file:
        return file.read()

model = Model(read("model.tcm"))
images, labels, configs = read("images"), read("labels"), read("configs")
size = model.input_bytes
for name in %(sets)s:
    k = choose.load(name)
    assert choose.tail(k).NAME == name
    for i in range(0, len(configs), 20):
        learner = None
        gc.collect()
        learner = Learner(model, Config.unpack(configs[i : i + 20]), k)
        for e in range(2):
            learner.begin(e)
            for j in range(e, len(labels), 2):
                learner.learn(images[j * size : (j + 1) * size], labels[j])
            learner.end()
        print(learner.tail.flips, learner.fingerprint())
"""
_WEIGH = """
for depth in 0, 1, 3:
    learner = None
    gc.collect()
    learner = Learner(model, Config(depth=depth, classes=4, replay_slots=9), choose.load())
    for i in range(5):
        learner.learn(images[:size], i & 3)
    x = images[:size]
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    for i in range(10):
        learner.learn(x, i & 3)
    print(gc.mem_alloc() - before)
    gc.enable()
"""


@pytest.mark.parametrize("name", BOARDS)
def test_all_kernel_sets_agree(name: str) -> None:
    board = built(name)
    failures, text = run(name, [CASE], EXTRAS + FILES, native(board))
    assert failures == 0, text
    assert "skipped 0" in text, text


@pytest.mark.parametrize("arch", ["x64", "armv6m", "armv7m", "rv32imc", "xtensawin"])
@pytest.mark.parametrize("name", ["tail.py", "emit_back.py", "emit_errors.py"])
def test_compiles_ahead_without_a_complaint(arch: str, name: str, tmp_path: Path) -> None:
    built("unix")
    command = [str(mpy_cross()), f"-march={arch}", "-o", str(tmp_path / "o.mpy")]
    ran = subprocess.run(
        [*command, str(RUNTIME / "kernels" / "viper" / name)], capture_output=True, text=True
    )
    assert (ran.returncode, ran.stdout + ran.stderr) == (0, "")


def native(board: Board) -> list[Path]:
    return [build_native(board.arch)] if board.arch else []


def on_board(board: Board, folder: Path, code: str) -> str:
    """Run code after the learning runs; return all that was printed."""
    rom = folder / "rom"
    stage([RUNTIME], rom, board, native(board))
    stream = samples(Model(deep_model()), _COUNT)
    (rom / "model.tcm").write_bytes(deep_model())
    (rom / "configs").write_bytes(b"".join(config.pack() for config in configs()))
    (rom / "images").write_bytes(b"".join(pixels for pixels, _ in stream))
    (rom / "labels").write_bytes(bytes(label for _, label in stream))
    sets = ("native", "viper") if board.arch else ("reference",)
    if board.emulator:
        printed = ""
        with Session(board, folder, rom) as session:
            for name in sets:  # each with the whole heap, as a board that loads one of them
                learn = _LEARN % {"at": 2, "sets": (name,)}
                printed += session.run(learn + (code if name == sets[-1] else ""), timeout=300)
                session.soft_reset()
        return printed
    learn = _LEARN % {"at": 1, "sets": sets}
    ran = subprocess.run(
        [*board.command(), "-c", learn + code],
        cwd=rom,
        env={"MICROPYPATH": f":{rom}:.frozen"},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def configs() -> list[Config]:
    return [
        Config(**{"classes": 4, "replay_slots": 9, "replay_batch": 2, **given})
        for given in SETTINGS
    ]


def simulated() -> list[str]:
    """What the boards print, by the numpy kernels."""
    model, lines = Model(deep_model()), []
    stream = samples(model, _COUNT)
    for config in configs():
        learner = Learner(model, config, numpy_kernels)
        for e in range(2):
            learner.begin(e)
            for pixels, label in stream[e::2]:
                learner.learn(pixels, label)
            learner.end()
        assert learner.tail.blocks() != Learner(model, config, numpy_kernels).tail.blocks()
        lines.append(f"{learner.tail.flips} {learner.fingerprint()}")
    return lines


@pytest.mark.parametrize("name", BOARDS)
def test_a_board_learns_what_the_simulator_learns(name: str, tmp_path: Path) -> None:
    board = built(name)
    printed = on_board(board, tmp_path, _WEIGH).splitlines()
    expected = simulated()
    assert printed[:-3] == (2 if board.arch else 1) * expected
    assert sum(int(line.split()[0]) for line in expected) > 0
    if not board.arch:
        return  # plain Python allocates as it goes
    # Ten mini-batches of five: a slice object for each sample, whatever the depth.
    head, one, three = (int(line) for line in printed[-3:])
    assert one - head <= 10 * 256
    assert three - one <= 10 * 64
