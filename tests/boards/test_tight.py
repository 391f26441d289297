"""The tightest case that is promised: 60 KiB of weights and 144 KiB of heap, with class sums or
with 200 latents. What a board has learned can be fetched from it, and be put back."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from boards.test_examples import gestures
from helpers.boards import built
from helpers.paths import PROJECT, RUNTIME
from tinycl_rt.config import FULL, Config
from tinycl_rt.kernels.numpy import core as numpy_kernels
from tinycl_rt.learner import Learner
from tinycl_rt.link import protocol as p
from tinycl_rt.model.loader import Model

from tinycl.boards import EmulatedBoard
from tinycl.boards.micropython import MicroPythonBoard
from tinycl.link import Refused, connect, stream_experience
from tinycl.link.backup import backup, restore
from tools.bench.synthetic_model import synthetic_model
from tools.boards.runtime import stage_runtime

MODEL = synthetic_model((32, 32, 3), "60k")
CWR = Config(classes=10, head="cwr", replay_slots=200)


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatedBoard]:
    """A board that reads its model where the firmware has it, in memory-mapped flash."""
    rom = tmp_path_factory.mktemp("rom")
    program = PROJECT / "firmware" / "main.py"
    stage_runtime(rom, built("cortex-m3"), [program], profile="serve")
    (rom / "model.tcm").write_bytes(MODEL)
    with MicroPythonBoard("cortex-m3", rom=rom) as board:
        yield board


_OPEN = """
from tinycl_rt.config import FULL, Config
from tinycl_rt.device import Device

def open_with(ballast):
    taken = bytearray(ballast)
    device = Device("", config=Config(classes=4, replay_slots=50))
    device.open()
    parts = (device.model, device.learner, device.store)
    print("whole" if None not in parts else "none" if parts == (None,) * 3 else "in parts")

open_with(%d)
"""


def test_a_device_opens_whole_or_not_at_all(tmp_path: Path) -> None:
    """The runtime as .py, which takes a heap to compile it, on ever smaller heaps."""
    shutil.copytree(RUNTIME, tmp_path / "tinycl_rt")
    (tmp_path / "model.tcm").write_bytes(gestures())
    command = [*built("unix").command(), "-X", "heapsize=300000", "-c"]
    said = []
    for ballast in range(100_000, 140_000, 800):
        ran = subprocess.run(
            [*command, _OPEN % ballast],
            cwd=tmp_path,
            env={"MICROPYPATH": str(tmp_path)},
            capture_output=True,
            text=True,
        )
        if ran.returncode == 0:
            said.append(ran.stdout.strip())
        else:  # no room for the device itself
            assert "MemoryError" in ran.stderr and "in open\n" not in ran.stderr, ran.stderr
    assert set(said) == {"whole", "none"} and said.count("none") > 5


@pytest.mark.parametrize("config", [Config(classes=10), CWR], ids=["lda", "cwr"])
def test_what_was_learned_goes_out_and_in(board: EmulatedBoard, config: Config) -> None:
    rng = np.random.default_rng(1)
    images = rng.integers(0, 256, (20, 32, 32, 3), np.uint8)
    labels = [i % 10 for i in range(len(images))]
    twin = Learner(Model(MODEL), config, numpy_kernels)
    twin.begin(0, range(10), len(images))
    for image, label in zip(images, labels, strict=True):
        twin.learn(image.tobytes(), label)
    twin.end()
    with connect(board.port) as client:
        client.reset(config)
        assert len(list(stream_experience(client, 0, images, labels))) == len(images)
        state, _, info = backup(client)
        assert state == bytes(twin.dump())
        assert info.max_payload == 512 and not info.unsaved
        client.begin(1, [3], 5)
        client.learn(1, 0, images[0], 3)
        assert restore(client, state).state == twin.fingerprint()
        board.restart()
    with connect(board.port) as client:
        assert client.info().state == twin.fingerprint()
        client.forget(3)
        twin.forget(3)
        # Settings that have no room change nothing.
        too_many = [Config(classes=10, head=config.head, replay_slots=n) for n in (600, 280)]
        for other in (*too_many, Config(depth=1, replay_slots=4), Config(depth=FULL)):
            with pytest.raises(Refused, match="too many") as refused:
                client.reset(other)
            assert refused.value.code == p.NO_MEMORY
            info, stats = client.info(), client.stats()
            assert info.state == twin.fingerprint(), info.warning
        assert int(stats["heap_used"]) + int(stats["heap_free"]) <= 144 * 1024
