"""Residual networks: every bit and every float compared with Larq Compute Engine; on a board."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.boards import built
from helpers.hostile import fields, patched, signed
from helpers.paths import RUNTIME
from tinycl_rt import tcm
from tinycl_rt.kernels.numpy import core as numpy_kernels
from tinycl_rt.kernels.reference import core as reference
from tinycl_rt.learner import Learner
from tinycl_rt.model.backbone import Backbone
from tinycl_rt.model.loader import Model

from tools.boards.staging import stage

if find_spec("larq_compute_engine") is None:  # not imported here: Keras must be chosen first
    pytest.skip("needs tinycl[train]", allow_module_level=True)

from helpers.larq_layers import agrees, binary, layers, made, randomised
from helpers.random_larq import convert, tf
from helpers.random_residual import random_residual

from tinycl.compiler.compiler import Compiled, compile_tflite
from tinycl.compiler.fit.memory import layer_rows
from tinycl.compiler.verify import random_pixels, relative_error, verify
from tinycl.models.quicknet import build_quicknet

SEEDS = range(int(os.environ.get("TINYCL_TEST_MODELS", "8")))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_residual_model_agrees(seed: int) -> None:
    model, description = random_residual(seed)
    flatbuffer = convert(model)
    compiled = compile_tflite(flatbuffer, outputs=True)
    x = random_pixels(16, compiled.model.input_shape, seed)
    parity = verify(flatbuffer, compiled, x)
    assert parity.bits_checked == 16 * np.prod(compiled.model.latent_shape)
    assert parity.bits_differing == 0, description
    assert parity.max_relative_error is not None and parity.max_elementwise_error is not None
    assert max(parity.max_relative_error, parity.max_elementwise_error) < 1e-4, description


def test_quicknet() -> None:
    model = randomised(build_quicknet((16, 16, 3)), 1)
    compiled = agrees(convert(model))
    assert compiled.model.latent_shape == (4, 4, 64)
    assert len(compiled.program.dropped) == 0


def test_quicknet_of_the_zoo() -> None:
    """In a process of its own: larq-zoo changes how Keras names Larq's layers in files."""
    if "TINYCL_TEST_ZOO" not in os.environ:
        words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__]
        words += ["-k", "quicknet_of_the_zoo"]
        environment = {**os.environ, "TINYCL_TEST_ZOO": "1"}
        done = subprocess.run(words, env=environment, capture_output=True, text=True)
        assert done.returncode == 0 and "1 passed" in done.stdout, done.stdout + done.stderr
        return
    sota = pytest.importorskip("larq_zoo").sota
    tf.keras.utils.set_random_seed(3)
    flatbuffer = convert(randomised(sota.QuickNetSmall(input_shape=(32, 32, 3), weights=None), 2))
    compiled = compile_tflite(flatbuffer, outputs=True)
    parity = verify(flatbuffer, compiled, random_pixels(6, (32, 32, 3)))
    assert parity.bits_differing == 0 and (parity.max_relative_error or 1) < 1e-4
    head = compile_tflite(flatbuffer)
    assert head.model.output is None and "SOFTMAX" in head.program.dropped[-1]


def residual(x: Any) -> Any:
    x = layers.BatchNormalization()(layers.Conv2D(8, 3, strides=2, padding="same")(x))
    for _ in range(2):
        x = layers.Add()([x, layers.BatchNormalization()(binary(x, activation="relu"))])
    return layers.Dense(3, activation="softmax")(layers.GlobalAveragePooling2D()(binary(x)))


@pytest.fixture(scope="module")
def branched() -> Compiled:
    """A small residual network with its classifier."""
    return agrees(made(residual, (6, 6, 1)))


def test_branches_never_share_memory(branched: Compiled) -> None:
    # All in a place of its own must give the same.
    model = branched.model
    floats = [t for t in model.tensors if t.dtype == tcm.FLOAT32]
    sizes = sorted(t.nbytes for t in floats)
    assert sizes[-1] + sizes[-2] <= model.float_bytes <= 3 * sizes[-1] < sum(sizes)
    places = [(t.offset, t.nbytes) for t in floats]
    assert len(set(places)) < len(places)


def test_additions_write_in_place(branched: Compiled) -> None:
    model = branched.model
    added = [op for op in model.operators if op.code == tcm.FLOAT_COMBINE]
    assert added
    for op in added:
        inputs = {model.tensors[op.source].offset, model.tensors[op.other].offset}
        assert model.tensors[op.target].offset in inputs


def test_a_learner_learns_from_it(branched: Compiled) -> None:
    x = random_pixels(4, branched.model.input_shape)
    one, two = (Learner(branched.model, kernels=k, classes=3) for k in (reference, numpy_kernels))
    for row, label in zip(x, (0, 1, 2, 0), strict=True):
        assert one.learn(row.tobytes(), label) == two.learn(row.tobytes(), label)
    assert one.dump() == two.dump()


def test_the_table_of_layers(branched: Compiled) -> None:
    rows = layer_rows(branched)
    stem = next(row for row in rows if row["kind"] == "float conv")
    assert (stem["weight_bits"], stem["shape"]) == (32, [3, 3, 8])
    assert (stem["float_macs"], stem["binary_macs"]) == (8 * 8 * 8, 0)
    assert sum(row["binary_macs"] for row in rows) == 3 * 49 * 64


def test_micropython_computes_the_same(branched: Compiled, tmp_path: Path) -> None:
    board = built("unix")
    stage([RUNTIME], tmp_path, board)
    (tmp_path / "model.tcm").write_bytes(branched.data)
    ran = subprocess.run(
        [*board.command(), "-c", _PROGRAM], cwd=tmp_path, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    latent, *outputs = ran.stdout.split()
    backbone = Backbone(branched.model, reference)
    assert latent == bytes(backbone.run(bytes(range(36)))).hex()
    found = np.array([outputs], np.float32)
    assert relative_error(found, np.array([backbone.output], np.float32)) < 1e-5


_PROGRAM = """
from tinycl_rt.kernels.reference import core as reference
from tinycl_rt.model.backbone import Backbone
from tinycl_rt.model.loader import Model
backbone = Backbone(Model(open("model.tcm", "rb").read()), reference)
print("".join("%02x" % v for v in backbone.run(bytes(range(36)))))
for v in backbone.output:
    print("%.9g" % v)
"""


EXTREMES = [0, 1, 2, 3, 4, 7, 17, 18, 64, 255, 256, 1025, 4097, -1, -4]
EXTREMES += [2**24, 2**31 - 4, 2**32 - 4]


def test_hostile_fields(branched: Compiled) -> None:
    """Whatever a field says: a ValueError with a reason, or a model that runs."""
    x = bytes(range(36))
    ran = refused = 0
    for _, at, code in fields(branched.data):
        for value in EXTREMES:
            try:
                model = Model(patched(branched.data, at, code, value))
            except ValueError as error:
                assert str(error).startswith("model: ")
                refused += 1
                continue
            if model.input_bytes == len(x) and model.arena_bytes < 1 << 16:
                Backbone(model, numpy_kernels).run(x)
                ran += 1
    assert ran > 50 and refused > 1000


@pytest.mark.parametrize("index", [2, 512, 9])
def test_outputs_that_are_none(branched: Compiled, index: int) -> None:
    at = tcm.HEADER_BYTES - 8
    data = bytearray(branched.data)
    assert data[at : at + 4] == bytes([branched.model.output or 0, 0, 0, 0])
    data[at : at + 4] = index.to_bytes(4, "little")
    with pytest.raises(ValueError, match=rf"tensor {index} holds no float outputs"):
        Model(signed(data))
