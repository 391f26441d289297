"""Models that see each image mirrored too, in files that boards run as any other."""

import struct
import zlib
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from tinycl_rt import tcm
from tinycl_rt.kernels.numpy import core as numpy_kernels
from tinycl_rt.kernels.reference import core as reference
from tinycl_rt.learner import Learner
from tinycl_rt.model.backbone import Backbone
from tinycl_rt.model.loader import Model
from tinycl_rt.model.source import open_source
from tinycl_rt.trainable.layers import first_layer
from typer.testing import CliRunner

from tinycl.cli import app
from tinycl.exceptions import CompileError

if find_spec("larq_compute_engine") is None:  # not imported here: Keras must be chosen first
    pytest.skip("needs tinycl[train]", allow_module_level=True)

from helpers.random_larq import convert, random_larq

from tinycl.compiler.compiler import compile_tflite
from tinycl.compiler.fit.memory import layer_rows
from tinycl.compiler.recompile import mirror_tcm
from tinycl.compiler.verify import random_pixels, verify
from tinycl.inference import latents
from tinycl.models.backbone import build_backbone


@pytest.mark.parametrize("seed", range(8))
def test_a_random_model_keeps_every_bit_of_both(seed: int) -> None:
    model, description = random_larq(seed)
    flatbuffer = convert(model)
    once = compile_tflite(flatbuffer)
    x = random_pixels(16, once.model.input_shape, seed)
    if x.shape[2] == 1:  # a signal
        with pytest.raises(CompileError, match="has one column"):
            compile_tflite(flatbuffer, mirrored=True)
        return
    twice = compile_tflite(flatbuffer, mirrored=True)
    parity = verify(flatbuffer, twice, x)
    assert parity.bits_checked == 2 * 16 * np.prod(once.model.latent_shape)
    assert parity.bits_differing == 0, description
    both = latents(twice.model, x)
    assert (both[:, 0::2] == latents(once.model, x)).all()
    assert (both[:, 1::2] == latents(once.model, np.ascontiguousarray(x[:, :, ::-1]))).all()
    for kernels in (reference, numpy_kernels):
        backbone = Backbone(twice.model, kernels)
        for row, expected in zip(x[:2], both, strict=False):
            assert bytes(backbone.run(row.tobytes())) == expected.tobytes()


@pytest.fixture(scope="module")
def flatbuffer() -> bytes:
    return convert(build_backbone((32, 32, 3), "colour-s", seed=3))


def test_features_are_sums_over_both(flatbuffer: bytes, tmp_path: Path) -> None:
    once, twice = (compile_tflite(flatbuffer, mirrored=on) for on in (False, True))
    assert twice.model.features == once.model.features
    assert twice.model.latent_bytes == 2 * once.model.latent_bytes
    assert twice.model.nbytes < once.model.nbytes + 1500  # weights are there once
    flash = [sum(row["flash_bytes"] for row in layer_rows(one)) for one in (once, twice)]
    assert flash[0] == flash[1]
    x = random_pixels(4, (32, 32, 3))
    counts = []
    for model, images in ((once.model, (x, x[:, :, ::-1])), (twice.model, (x,))):
        p = model.operators[-1].p
        found = [
            numpy_kernels.batch_sum_pool(p, latents(model, np.ascontiguousarray(i)))
            for i in images
        ]
        counts.append(sum(c.astype(int) for c in found))
    assert (counts[0] == counts[1]).all()
    assert mirror_tcm(once.data) == twice.data
    # A learner cannot tell an image from its mirror image, wherever the weights lie.
    path = tmp_path / "model.tcm"
    path.write_bytes(twice.data)
    for source in (twice.data, open_source(str(path), 0)):
        learner = Learner(Model(source), classes=2, kernels=numpy_kernels)
        for label in (0, 1):
            learner.learn(x[label].tobytes(), label)
        learner.end()
        scores = []
        for image in (x[2], x[2, :, ::-1]):
            learner.predict(image.tobytes())
            scores.append(list(learner.scores))
        assert scores[0] == scores[1] and any(scores[0])


def test_what_cannot_be_mirrored_is_refused(flatbuffer: bytes, tmp_path: Path) -> None:
    signal = convert(build_backbone((128, 1, 3), "motion", seed=3))
    with pytest.raises(CompileError, match=r"\(128, 1, 3\) has one column"):
        compile_tflite(signal, mirrored=True)
    with pytest.raises(CompileError, match="no float outputs: leave the classifier out"):
        compile_tflite(flatbuffer, outputs=True, mirrored=True)
    with pytest.raises(ValueError, match="ends with 0 that can learn"):
        first_layer(compile_tflite(flatbuffer, mirrored=True).model, 1)
    tflite = tmp_path / "backbone.tflite"
    tflite.write_bytes(flatbuffer)
    ran = CliRunner().invoke(
        app,
        ["compile", str(tflite), "-o", str(tmp_path / "m.tcm"), "--mirror", "--verify", "3"],
        env={"COLUMNS": "120"},
    )
    assert ran.exit_code == 0, ran.output
    assert "mirror pixels" in ran.output and "0 differ" in ran.output


@pytest.mark.parametrize(
    ("code", "field", "value", "words"),
    [
        (tcm.MIRROR, 3, 2, "fields that it does not use"),
        (tcm.MIRROR, 10, 1, "has shapes"),
        (tcm.STACK, 10, 0, "no second input"),
        (tcm.STACK, 10, 2, "has shapes"),
        (tcm.STACK, 1, 0, "wrong types"),
        (tcm.STACK, 11, 1, "fields that it does not use"),
    ],
)
def test_a_damaged_operator_is_refused(
    flatbuffer: bytes, code: int, field: int, value: int, words: str
) -> None:
    data = bytearray(compile_tflite(flatbuffer, mirrored=True).data)
    head = struct.unpack(tcm.HEADER, data[: tcm.HEADER_BYTES])
    count, at = head[8], head[10]
    for row in range(at, at + count * tcm.OPERATOR_BYTES, tcm.OPERATOR_BYTES):
        if struct.unpack_from("<i", data, row)[0] == code:
            struct.pack_into("<i", data, row + 4 * field, value)
    struct.pack_into("<I", data, 12, zlib.crc32(data[tcm.CRC_FROM :]))
    with pytest.raises(ValueError, match=words):
        Model(bytes(data))
