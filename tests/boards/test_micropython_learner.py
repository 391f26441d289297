"""The runtime on emulated boards: what the laptop simulates is what the board computes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from helpers.boards import built
from helpers.link import CONFIG, clean_run, hand_made_model, samples
from helpers.paths import PROJECT, RUNTIME
from tinycl_rt.learner import Learner

from tools.boards.machines import BOARDS, Board
from tools.boards.session import Session
from tools.boards.staging import stage

_COUNT = 60
_LEARN = """
import sys
from binascii import crc32, hexlify
from tinycl_rt.config import Config
from tinycl_rt.learner import Learner
from tinycl_rt.model.loader import Model

def read(name):
    with open(sys.path[%(at)d] + "/" + name, "rb") as file:
        return file.read()

model = Model(read("model.tcm"))
learner = Learner(model, Config.unpack(read("config")))
images, labels = read("images"), read("labels")
size = model.input_bytes
learner.begin(0, sorted(set(labels)), len(labels))
for i in range(len(labels)):
    learner.learn(images[i * size : (i + 1) * size], labels[i])
learner.end()
"""
_HEAD = """
answers = [learner.predict(images[i * size : (i + 1) * size]) for i in range(20)]
print(crc32(learner.head.cw), crc32(learner.replay.bits), answers)
"""
_DUMP = """
state = learner.dump()
other = Learner(model, Config())
other.restore(state)
print(hexlify(other.dump()).decode())
"""


@pytest.fixture(scope="module")
def expected() -> Learner:
    """What the same run gives here."""
    images, labels = samples(_COUNT)
    return clean_run(hand_made_model(), images, labels)


def on_board(board: Board, folder: Path, code: str) -> str:
    rom = folder / "rom"
    stage([RUNTIME], rom, board)
    images, labels = samples(_COUNT)
    (rom / "model.tcm").write_bytes(hand_made_model())
    (rom / "config").write_bytes(CONFIG.pack())
    (rom / "images").write_bytes(images.tobytes())
    (rom / "labels").write_bytes(bytes(labels.tolist()))
    if board.emulator:
        with Session(board, folder, rom) as session:
            return session.run(_LEARN % {"at": 2} + code, timeout=120)
    ran = subprocess.run(
        [*board.command(), "-c", _LEARN % {"at": 1} + code],
        cwd=rom,
        env={"MICROPYPATH": f":{rom}:.frozen"},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@pytest.mark.parametrize("name", BOARDS)
def test_learning_gives_the_same_weights(name: str, expected: Learner, tmp_path: Path) -> None:
    from binascii import crc32

    images, _ = samples(_COUNT)
    answers = [expected.predict(image.tobytes()) for image in images[:20]]
    line = f"{crc32(expected.head.cw)} {crc32(expected.replay.bits)} {answers}\n"
    assert on_board(built(name), tmp_path, _HEAD) == line


@pytest.mark.parametrize("name", BOARDS)
def test_saved_state_is_the_same(name: str, expected: Learner, tmp_path: Path) -> None:
    assert on_board(built(name), tmp_path, _DUMP).strip() == bytes(expected.dump()).hex()


@pytest.mark.parametrize("name", [name for name, board in BOARDS.items() if board.emulator])
def test_program_in_rom_starts_by_itself(name: str, tmp_path: Path) -> None:
    """With the runtime and main.py in /rom a board serves at power-up, with empty flash."""
    board = built(name)
    rom = tmp_path / "rom"
    stage([RUNTIME], rom, board)
    (rom / "main.py").write_text(
        "import tinycl_rt.service.service, tinyclboard\ntinyclboard.exit(9)\n"
    )
    assert (PROJECT / "firmware" / "main.py").read_text().count("tinycl_rt.service.service")
    from tinycl.boards.romfs import romfs_image

    image = tmp_path / "rom.img"
    image.write_bytes(romfs_image(rom))
    ran = subprocess.run(
        [*board.command(), *board.with_rom(image)],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
    )
    assert ran.returncode == 9, ran.stdout
