"""firmware/examples on emulated boards, as users paste them."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from helpers.boards import built
from helpers.link import CONFIG, clean_run, flash_with
from helpers.paths import ON_BOARD, PROJECT, RUNTIME
from helpers.tiny import Sketch, compiled
from on_board.run import run

from tinycl.boards.micropython import CircuitPythonBoard, MicroPythonBoard, UnixBoard
from tinycl.boards.registry import BUILT
from tinycl.compiler.ir import Window
from tinycl.link import connect, stream_experience
from tools.boards.runtime import stage_runtime

EXAMPLES = PROJECT / "firmware" / "examples"
NAMES = ["unix", "cortex-m3", "circuitpython"]


def gestures() -> bytes:
    """A model for 16 readings of an accelerometer: 16 x 1 x 3 pixels."""
    sketch = Sketch((16, 1, 3), np.random.default_rng(4))
    sketch.conv8(12, Window(4, 1, 2, 1), same=True)
    sketch.bconv(16, Window(3, 1), same=True, pad=1)
    return compiled(sketch.count(4))


def parts(name: str) -> list[Path]:
    """What a user copies onto the board, and what stands for its hardware."""
    python = "circuitpython" if name == "circuitpython" else "micropython"
    fakes = [*(ON_BOARD / "fakes").glob("*.py"), *(ON_BOARD / "fakes" / python).glob("*.py")]
    return [*EXAMPLES.glob("*.py"), *(EXAMPLES / python).glob("*.py"), *fakes]


@pytest.mark.parametrize("name", ["cpython", *NAMES])
def test_examples_run_on_the_board(name: str, tmp_path: Path) -> None:
    if name != "cpython":
        built(name)
    model = tmp_path / "gestures.tcm"
    model.write_bytes(gestures())
    extras = [RUNTIME, *parts(name), model]
    failures, text = run(name, [ON_BOARD / "cases" / "test_examples.py"], extras)
    assert failures == 0, text
    if name != "cpython":
        assert "ran 9, failed 0" in text


_PROGRAM = """
import recording
recording.play([("rest", None), ("shake", None)], endless=True)
import learn_serial
"""


def serving(name: str, flash: Path) -> MicroPythonBoard:
    """A board that runs learn_serial.py at power-up."""
    machine = built(name)
    if name == "circuitpython":
        for part in parts(name):
            shutil.copy(part, flash)
        (flash / "code.py").write_text(_PROGRAM)
        return CircuitPythonBoard(flash)
    rom = flash.parent / "rom"
    stage_runtime(rom, machine, parts(name), kernels=False)
    (rom / "main.py").write_text(_PROGRAM)
    return UnixBoard(flash, rom=rom) if name == "unix" else MicroPythonBoard(name, flash, rom=rom)


@pytest.mark.parametrize("name", NAMES)
def test_a_laptop_teaches_while_the_board_predicts(name: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    labels = np.arange(40) % 4
    images = rng.integers(0, 90, (40, 16, 1, 3), dtype=np.uint8)
    images[np.arange(40), 4 * labels] += 150
    model = gestures()
    flash = flash_with(None if name == "cortex-m3" else model, tmp_path / "flash")
    with serving(name, flash) as board, connect(board.port) as client:
        if name == "cortex-m3":
            client.put_model(model)
        client.reset(CONFIG)
        assert len(list(stream_experience(client, 0, images, labels, classes=[0, 1, 2, 3]))) == 40
        assert client.info().state == clean_run(model, images, labels).fingerprint()


def test_every_board_of_these_is_emulated() -> None:
    assert set(NAMES) <= set(BUILT)
