"""Models on boards without memory-mapped files: weights come from the file system, by layers."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.boards import built
from helpers.tiny import Sketch, compiled
from tinycl_rt.config import CWR, Config
from tinycl_rt.kernels.numpy import core as numpy_kernels
from tinycl_rt.learner import Learner
from tinycl_rt.model.loader import Model

from tinycl.compiler.ir import Window
from tools.bench.ram import measure


def deep_model(layers: int, channels: int) -> bytes:
    """16 x 16 pixels -> `depth` binary 3 x 3 convolutions of this width, 4 x 4 latents."""
    sketch = Sketch((16, 16, 1), np.random.default_rng(layers))
    sketch.conv8(channels, Window(3, 3), same=True)
    sketch.bpool(Window(4, 4, 4, 4))
    for _ in range(layers):
        sketch.bconv(channels, Window(3, 3), same=True, pad=1)
    return compiled(sketch.count(1))


def state_here(data: bytes, classes: int, replay: int) -> int:
    """What tools/bench/on_board/ram_workload.py learns, learned here; its fingerprint."""
    model = Model(data)
    learner = Learner(model, Config(classes=classes, replay_slots=replay, head=CWR), numpy_kernels)
    pixels = bytes(range(256)) * (model.input_bytes // 256 + 1)
    learner.begin(0, range(classes))
    for i in range(12):
        learner.learn(pixels[i : i + model.input_bytes], i % classes)
    learner.end()
    return learner.fingerprint()


@pytest.mark.parametrize(
    "name, layers, channels, replay",
    [("cortex-m3", 13, 64, 200), ("cortex-m3", 9, 128, 20), ("cortex-m0", 13, 64, 200)],
)
def test_a_large_model_learns_on_a_board_without_romfs(
    name: str, layers: int, channels: int, replay: int
) -> None:
    """Code in the heap, too: 60 KiB of weights and 200 latents, and a model above the heap."""
    data = deep_model(layers, channels)
    assert len(data) > (60 if replay == 200 else 144) * 1024
    result = measure(built(name), data, 10, replay, place="heap", model="streamed")
    assert result["fits"], result["error"]
    assert name == "cortex-m0" or result["heap_bytes"] <= 144 * 1024
    assert result["fingerprint"] == state_here(data, 10, replay)
    weights = channels * 9 * channels // 8
    assert (result["reads"], result["read_bytes"]) == (layers, layers * weights)
