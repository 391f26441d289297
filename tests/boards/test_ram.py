"""What the compiler says of RAM is what a board's heap shows."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from helpers.boards import built
from tinycl_rt.config import CWR, LDA, Config
from tinycl_rt.kernels.numpy import core as numpy_kernels
from tinycl_rt.learner import Learner
from tinycl_rt.model.loader import Model

from tinycl.compiler.fit.placement import HEAP_BYTES, MAPPED_BYTES, SOURCES_BYTES
from tools.bench.ram import measure
from tools.bench.synthetic_model import synthetic_model
from tools.boards.runtime import stage_runtime
from tools.boards.session import Session

SHARE, OBJECTS = 0.03, 2048  # tolerance: of the figure, and for Python's objects


@pytest.mark.parametrize(
    "shape, size, classes, replay, weights, head",
    [
        ((28, 28, 1), "8k", 10, 0, "heap", LDA),
        ((28, 28, 1), "8k", 10, 100, "heap", CWR),
        ((32, 32, 3), "16k", 20, 40, "heap", CWR),
        ((128, 1, 3), "32k", 6, 200, "heap", CWR),
        ((32, 32, 3), "60k", 10, 60, "streamed", CWR),
        ((128, 1, 3), "60k", 10, 100, "mapped", CWR),
    ],
    ids=str,
)
def test_compiler_and_heap_agree(
    shape: tuple[int, int, int], size: str, classes: int, replay: int, weights: str, head: int
) -> None:
    data = synthetic_model(shape, size)
    result = measure(built("cortex-m3"), data, classes, replay, model=weights, head=head)
    assert result["fits"], result["error"]
    used = {step["step"]: step["used"] for step in result["steps"]}
    computed = result["computed"]
    learner = sum(computed.values()) - computed["model"]
    for found, said in (
        (used["model"] - used["runtime"], computed["model"]),
        (used["learner"] - used["head code"], learner),
        (
            used["learner"] - used["head code"] + used["model"] - used["runtime"],
            sum(computed.values()),
        ),
    ):
        assert abs(found - said) <= SHARE * said + OBJECTS, (found, said)
    # The replay memory and the head alone, whatever Python's objects take.
    other = measure(built("cortex-m3"), data, classes + 2, replay + 50, model=weights, head=head)
    more = {step["step"]: step["used"] for step in other["steps"]}["learner"] - used["learner"]
    said = sum(other["computed"].values()) - sum(computed.values())
    assert abs(more - said) <= SHARE * said + 64


@pytest.mark.parametrize(
    "code, said", [("romfs", MAPPED_BYTES), ("heap", HEAP_BYTES), ("sources", SOURCES_BYTES)]
)
def test_what_compile_says_of_the_runtime_is_measured(code: str, said: int) -> None:
    data = synthetic_model((28, 28, 1), "8k")
    result = measure(built("cortex-m3"), data, 10, 0, code, "heap", head=LDA)
    assert result["fits"], result["error"]
    assert abs(result["runtime_bytes"] - said) <= SHARE * said, result["runtime_bytes"]


def test_the_runtime_is_compact() -> None:
    """The limits that this runtime keeps; code alone, C kernels included."""
    data = synthetic_model((28, 28, 1), "8k")
    board = built("cortex-m3")
    files = measure(board, data, 10, 20, "heap", "heap")
    code = files["code_bytes"]
    assert code["learn"] - code["firmware"] <= 28 * 1024
    assert files["steps"][0]["used"] <= 48 * 1024
    predict = measure(board, data, 10, 0, "heap", "heap", "predict")["code_bytes"]
    assert predict["predict"] - predict["firmware"] <= 18 * 1024
    assert measure(board, data, 10, 20, "romfs", "heap")["steps"][0]["used"] <= 30 * 1024
    frozen = measure(built("cortex-m3-frozen"), data, 10, 20, "frozen", "mapped")
    assert frozen["fits"] and frozen["steps"][0]["used"] <= 24 * 1024


def test_a_60k_backbone_and_200_latents_fit_where_flash_is_mapped() -> None:
    """DESIGN's target: 144 KiB of heap, service running, the model read in place."""
    data = synthetic_model((32, 32, 3), "60k")
    assert len(data) > 50 * 1024
    result = measure(built("cortex-m3"), data, 10, 200, model="mapped")
    assert result["fits"], result["error"]
    assert result["heap_bytes"] <= 144 * 1024
    assert Model(data).latent_bytes == 256
    steps = [step["step"] for step in result["steps"]]
    steps.remove("head code")
    assert steps[:7] == ["runtime", "file", "model", "learner", "service", "learned", "saved"]


def test_model_in_romfs_is_used_in_place() -> None:
    board = built("cortex-m3")
    data = synthetic_model((28, 28, 1), "32k")
    model = Model(data)
    config = Config(classes=3, head=0, replay_slots=4, seed=5)
    x = np.random.default_rng(1).integers(0, 256, (3, model.input_bytes), np.uint8)
    learner = Learner(model, config, numpy_kernels)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rom = folder / "rom"
        rom.mkdir()
        stage_runtime(rom, board, profile="serve")
        (rom / "model.tcm").write_bytes(data)
        with Session(board, folder, rom) as session:
            session.run(
                "import gc\nimport tinycl_rt.store.store\nfrom tinycl_rt.kernels import choose\n"
                "from tinycl_rt.config import Config\nfrom tinycl_rt.device import Device\n"
                "choose.load()\ngc.collect()\nbefore = gc.mem_alloc()\n"
                "device = Device('/', 0, 0, Config(classes=3, head=0, replay_slots=4, seed=5))\n"
                "device.open()\ngc.collect()\nprint(device.warning)"
            )
            grown = int(session.run("print(gc.mem_alloc() - before)"))
            for label, row in enumerate(x):
                learner.learn(row.tobytes(), label)
                code = f"device.learner.learn(bytes.fromhex('{row.tobytes().hex()}'), {label})"
                session.run(code)
            found = int(session.run("print(device.learner.fingerprint())"))
    assert grown < len(data)
    assert found == learner.fingerprint()
