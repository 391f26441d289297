"""The plug is pulled at random instants while a board learns and saves: nothing that it reported
as saved is lost, and nothing half saved is ever loaded.

TINYCL_TEST_KILLS says how often.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from helpers import saver
from helpers.boards import built
from helpers.paths import RUNTIME
from helpers.tiny import tiny_model

from tinycl.boards.romfs import romfs_image
from tools.boards.runtime import stage_runtime

KILLS = int(os.environ.get("TINYCL_TEST_KILLS", "30"))


@dataclass
class Machine:
    """How the saver is started, and the longest time in seconds until it is killed."""

    command: list[str]
    environment: dict[str, str]
    seconds: float
    kills: int


def machine(name: str, depth: int, work: Path) -> Machine:
    """A Python that runs ``saver.py`` on the flash in `work`/flash."""
    model, flash = work / "model.tcm", work / "flash"
    model.write_bytes(tiny_model())
    flash.mkdir()
    words = [str(saver.__file__), str(model), str(flash), str(depth)]
    if name == "cpython":
        return Machine([sys.executable, "-u", *words], dict(os.environ), 0.06, KILLS)
    board = built(name)
    if not board.emulator:
        environment = {**os.environ, "MICROPYPATH": str(RUNTIME.parent)}
        return Machine([*board.command(), *words], environment, 0.05, KILLS)
    rom = work / "rom"
    stage_runtime(rom, board, [Path(str(saver.__file__))], kernels=False)
    (rom / "model.tcm").write_bytes(model.read_bytes())
    (rom / "main.py").write_text(f"import saver; saver.main(depth='{depth}')")
    image = work / "rom.img"
    image.write_bytes(romfs_image(rom))
    return Machine(board.command(image), dict(os.environ), 0.5, KILLS // 2)


@pytest.mark.parametrize(
    ("name", "depth"), [("cpython", 0), ("unix", 0), ("unix", 1), ("cortex-m3", 1)]
)
def test_killed_at_any_instant(name: str, depth: int, tmp_path: Path) -> None:
    """Depth 1: weights and thresholds of a trained tail are part of what is saved."""
    there = machine(name, depth, tmp_path)
    rng = random.Random(1)
    torn, saves, expected = 0, 0, None
    # How many kills hit a save depends on the machine: go on until enough of them have.
    for kills in range(1, 20 * there.kills):
        process = subprocess.Popen(
            there.command,
            cwd=tmp_path / "flash",
            env=there.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        first = process.stdout.readline().split()
        assert expected is None or first[1] in expected, (kills, first, expected)
        time.sleep(rng.random() * there.seconds)
        process.kill()
        # The last line may be cut as well.
        lines = [first, *(line.split() for line in process.stdout.read().split(b"\n")[:-1])]
        process.wait()
        process.stdout.close()
        # What was there at the start or saved last, or what was being saved when it died.
        done = [number for mark, number in lines if mark in b"@="][-1]
        expected = {done, lines[-1][1]}
        torn += lines[-1][0] == b"+"
        saves += sum(mark == b"=" for mark, _ in lines)
        if kills >= there.kills and saves > there.kills and torn > there.kills // 5:
            break
    assert saves > there.kills and torn > there.kills // 5
    print(f"{name}, depth {depth}: {kills} kills, {torn} of them in a save, {saves} saves")
