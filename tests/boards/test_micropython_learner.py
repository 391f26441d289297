"""Learners of every depth on emulated boards: what the simulator computes is what a board does."""

from __future__ import annotations

import subprocess
from binascii import crc32
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from helpers import link, streams
from helpers.boards import ARCHES, QEMU, built, run_on
from helpers.paths import ON_BOARD, PROJECT, RUNTIME, VECTORS
from helpers.tiny import deep_model
from on_board.run import run
from tinycl_rt.config import FULL, Config
from tinycl_rt.kernels.numpy import core as numpy_kernels
from tinycl_rt.learner import Learner
from tinycl_rt.model.loader import Model

from tinycl.boards.registry import BUILT
from tinycl.compiler.recompile import mirror_tcm
from tinycl.compiler.untrained import untrained
from tinycl.data import load
from tools.boards.paths import mpy_cross
from tools.boards.runtime import build_native, stage_runtime

_START = """
import gc
from binascii import crc32, hexlify
from tinycl_rt.config import Config
from tinycl_rt.kernels import choose
from tinycl_rt.learner import Learner
from tinycl_rt.model.loader import Model

model = Model(read("model.tcm"))
images, labels, config = read("images"), read("labels"), read("config")
size = model.input_bytes

def learn(learner, which):
    for i in which:
        learner.learn(images[i * size : (i + 1) * size], labels[i])
"""


def given(
    model: bytes, images: np.ndarray, labels: np.ndarray, *configs: Config
) -> dict[str, bytes]:
    """The files that a board learns from."""
    return {
        "model.tcm": model,
        "config": b"".join(config.pack() for config in configs),
        "images": np.asarray(images, np.uint8).tobytes(),
        "labels": bytes(int(label) for label in labels),
    }


_HEAD = """
learner = Learner(model, Config.unpack(config))
learner.begin(0, sorted(set(labels)), len(labels))
learn(learner, range(len(labels)))
learner.end()
answers = [learner.predict(images[i * size : (i + 1) * size]) for i in range(20)]
print(crc32(learner.head.cw), crc32(learner.replay.bits), answers)
state = learner.dump()
other = Learner(model, Config())
other.restore(state)
print(hexlify(other.dump()).decode())
"""


@pytest.mark.parametrize("name", BUILT)
def test_the_head_learns_the_same_and_is_saved(name: str, tmp_path: Path) -> None:
    images, labels = link.samples(60)
    model = link.hand_made_model()
    expected = link.clean_run(model, images, labels)
    answers = [expected.predict(image.tobytes()) for image in images[:20]]
    files = given(model, images, labels, link.CONFIG)
    head, state = run_on(name, tmp_path, files, _START + _HEAD, kernels=False).splitlines()
    assert head == f"{crc32(expected.head.cw)} {crc32(expected.replay.bits)} {answers}"
    assert state == bytes(expected.dump()).hex()


@pytest.mark.parametrize("name", ["unix", "cortex-m3", "circuitpython"])
def test_a_mirrored_model_learns_the_same(name: str, tmp_path: Path) -> None:
    """With latents of both images in a replay memory, and saved."""
    data = mirror_tcm(deep_model())
    stream = streams.samples(Model(data), 24)
    images = np.array([list(pixels) for pixels, _ in stream], np.uint8)
    labels = np.array([label for _, label in stream])
    config = Config(classes=4, head="cwr", replay_slots=9, seed=3)
    expected = Learner(Model(data), config, numpy_kernels)
    expected.begin(0, sorted({label for _, label in stream}), len(stream))
    for pixels, label in stream:
        expected.learn(pixels, label)
    expected.end()
    answers = [expected.predict(pixels) for pixels, _ in stream[:20]]
    files = given(data, images, labels, config)
    head, state = run_on(name, tmp_path, files, _START + _HEAD, kernels=False).splitlines()
    assert head == f"{crc32(expected.head.cw)} {crc32(expected.replay.bits)} {answers}"
    assert state == bytes(expected.dump()).hex()


_SETTINGS = (
    {"depth": 1, "tail_lr": 0, "tail_margin": 1},
    {"depth": 2, "rule": 2, "tail_lr": 1, "tail_decay": 2, "tail_margin": 1},
    {"depth": 3, "rule": 0, "tail_step": 3, "tail_margin": 1},
    {"depth": 3, "wide": 1, "thresholds": 1, "tail_lr": 4, "tail_margin": 1, "seed": 99},
)
_TAIL = """
k = choose.load({kernels!r})
assert choose.tail(k).NAME == {kernels!r}
for i in range(0, len(config), 20):
    learner = None
    gc.collect()
    learner = Learner(model, Config.unpack(config[i : i + 20]), k)
    for e in range(2):
        learner.begin(e)
        learn(learner, range(e, len(labels), 2))
        learner.end()
    print(learner.tail.flips, learner.fingerprint())
"""
_WEIGH = """
for depth in 0, 1, 3:
    learner = None
    gc.collect()
    learner = Learner(model, Config(depth=depth, head=0, classes=4, replay_slots=9), choose.load())
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


@pytest.mark.parametrize("name", BUILT)
def test_a_tail_learns_the_same(name: str, tmp_path: Path) -> None:
    """With each kernel set; and without allocations where machine code learns."""
    model = Model(deep_model())
    stream = streams.samples(model, 16)
    configs = [
        Config(**{"classes": 4, "replay_slots": 9, "replay_batch": 2, **setting})
        for setting in _SETTINGS
    ]
    expected = []
    for config in configs:
        learner = Learner(model, config, numpy_kernels)
        for e in range(2):
            learner.begin(e)
            for pixels, label in stream[e::2]:
                learner.learn(pixels, label)
            learner.end()
        assert learner.tail.blocks() != Learner(model, config, numpy_kernels).tail.blocks()
        expected.append(f"{learner.tail.flips} {learner.fingerprint()}")
    assert sum(int(line.split()[0]) for line in expected) > 0
    images = np.stack([np.frombuffer(pixels, np.uint8) for pixels, _ in stream])
    files = given(deep_model(), images, np.array([label for _, label in stream]), *configs)
    native = bool(built(name).native_arch)
    for kernels in ("native", "viper") if native else ("reference",):
        code = _START + _TAIL.format(kernels=kernels) + (_WEIGH if kernels == "native" else "")
        printed = run_on(name, tmp_path / kernels, files, code).splitlines()
        assert printed[: len(expected)] == expected
        if kernels == "native":
            # Ten mini-batches of five: a slice object for each sample, whatever the depth.
            head, one, three = (int(line) for line in printed[len(expected) :])
            assert one - head <= 10 * 256
            assert three - one <= 10 * 64


_CORRECT = """
images, labels = images[: 40 * size], labels[:40]
for i in range(0, len(config), 20):
    learner = None
    gc.collect()
    learner = Learner(model, Config.unpack(config[i : i + 20]), choose.load())
    learner.set_names(["cup", "spoon", "fork", "knife"])
    for e in range(3):
        learner.begin(e)
        learn(learner, range(12 * e, 12 * e + 12))
        if e == 1:
            learner.forget("spoon")
            learner.rename("cup", "mug")
        learner.end()
    learner.forget(2)
    learner.learn(images[:size], "plate")
    print(learner.names, learner.predict(images[:size]), learner.fingerprint())
"""


@pytest.mark.parametrize("name", ["unix", "cortex-m3"])
def test_classes_are_forgotten_and_renamed_the_same(name: str, tmp_path: Path) -> None:
    model = Model(deep_model())
    stream = streams.samples(model, 40)
    kinds: tuple[dict[str, int], ...] = ({"head": 1}, {"head": 2}, {"head": 0}, {"depth": 1})
    configs = [Config(classes=4, replay_slots=9, policy=i, **kind) for i, kind in enumerate(kinds)]
    configs.append(Config(classes=4, replay_slots=9, depth=2, policy=3))
    images = np.stack([np.frombuffer(pixels, np.uint8) for pixels, _ in stream])
    files = given(deep_model(), images, np.array([label for _, label in stream]), *configs)
    simulated = {
        "read": lambda name: files[name],
        "choose": SimpleNamespace(load=lambda: numpy_kernels),
        "print": lambda *words: expected.append(" ".join(map(str, words))),
    }
    expected: list[str] = []
    exec(_START.replace("from tinycl_rt.kernels import choose\n", "") + _CORRECT, simulated)
    assert len(set(expected)) == len(configs)
    assert run_on(name, tmp_path, files, _START + _CORRECT).splitlines() == expected


_FULL = """
learner = Learner(model, Config.unpack(config))
learner.begin()
learn(learner, range(len(labels) // 2))
if {has_room}:  # for a copy of the state
    state = learner.dump()
    learner.reset(Config())
    learner.restore(state)
learn(learner, range(len(labels) // 2, len(labels)))
learner.end()
print(learner.backend, learner.tail._kf.NAME, learner.fingerprint())
"""


@pytest.mark.parametrize("name", ["unix", "cortex-m3", "circuitpython"])
def test_all_layers_learn_the_same(name: str, tmp_path: Path) -> None:
    digits, model = load("digits"), untrained("mlp-small")
    images, labels = digits.x_train[:40], digits.y_train[:40]
    config = Config(depth=FULL, method=1, replay_slots=50, replay_batch=7, thresholds=1, seed=3)
    learner = Learner(Model(model), config, numpy_kernels)
    learner.begin()
    for image, label in zip(images, labels, strict=True):
        learner.learn(image.tobytes(), int(label))
    learner.end()
    board = built(name)
    kernels = "native native" if board.native_arch else "reference reference"
    code = _START + _FULL.format(has_room=not board.emulator)
    found = run_on(name, tmp_path, given(model, images, labels, config), code)
    assert found == f"{kernels} {learner.fingerprint()}\n"


@pytest.mark.parametrize("name", BUILT)
@pytest.mark.parametrize("kind", ["tail", "lda"])
def test_all_kernel_sets_that_learn_agree(kind: str, name: str) -> None:
    board = built(name)
    files = {ON_BOARD / "cases" / f"test_{part}.py" for part in ("viper", "tail", kind)}
    test = ON_BOARD / "cases" / f"test_{kind}.py"
    extras = [RUNTIME, *(files - {test}), VECTORS / "vector_check.py", VECTORS / f"{kind}.jsonl"]
    native = [build_native(board.native_arch)] if board.native_arch else []
    failures, text = run(name, [test], extras, native)
    assert failures == 0, text
    assert "skipped 0" in text, text


@pytest.mark.parametrize("arch", ARCHES)
@pytest.mark.parametrize("name", ["tail.py", "emit_back.py", "emit_errors.py"])
def test_compiles_ahead_without_a_complaint(arch: str, name: str, tmp_path: Path) -> None:
    built("unix")
    command = [str(mpy_cross()), f"-march={arch}", "-o", str(tmp_path / "o.mpy")]
    ran = subprocess.run(
        [*command, str(RUNTIME / "kernels" / "viper" / name)], capture_output=True, text=True
    )
    assert (ran.returncode, ran.stdout + ran.stderr) == (0, "")


@pytest.mark.parametrize("name", QEMU)
def test_program_in_rom_starts_by_itself(name: str, tmp_path: Path) -> None:
    """With the runtime and main.py in /rom a board serves at power-up, with empty flash."""
    from tinycl.boards.micropython import MicroPythonBoard

    rom = tmp_path / "rom"
    stage_runtime(rom, built(name), kernels=False)
    (rom / "main.py").write_text(
        "import tinycl_rt.service.service, tinyclboard\ntinyclboard.exit(9)\n"
    )
    assert (PROJECT / "firmware" / "main.py").read_text().count("tinycl_rt.service.service")
    with MicroPythonBoard(name, rom=rom) as board:
        assert board.wait(60) == 9
