"""The compiler on what Larq Compute Engine emits: the same bits, or a refusal by name."""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tinycl_rt import tcm
from tinycl_rt.config import FULL
from tinycl_rt.kernels.numpy import core as numpy_kernels
from tinycl_rt.kernels.reference import core as reference
from tinycl_rt.model.backbone import Backbone
from tinycl_rt.trainable.layers import first_layer

from tinycl.exceptions import CompileError

if find_spec("larq_compute_engine") is None:  # not imported here: Keras must be chosen first
    pytest.skip("needs tinycl[train]", allow_module_level=True)

from helpers.larq_layers import SIGNS, layers, randomised, sign
from helpers.larq_layers import binary as binary_with_ones
from helpers.random_larq import Int8Kernel, convert, lq, random_larq, tf

from tinycl.compiler.compiler import compile_file, compile_tflite, read_metadata
from tinycl.compiler.graph import read_graph
from tinycl.compiler.lower.lower import lower
from tinycl.compiler.verify import random_pixels, verify
from tinycl.inference import latents_and_outputs
from tinycl.models.backbone import build_backbone

binary = partial(binary_with_ones, pad_values=0)
SEEDS = range(int(os.environ.get("TINYCL_TEST_MODELS", "16")))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_model_keeps_every_bit(seed: int) -> None:
    model, description = random_larq(seed)
    flatbuffer = convert(model)
    compiled = compile_tflite(flatbuffer)
    assert compiled.model.float_bytes == 0
    x = random_pixels(32, compiled.model.input_shape, seed)
    parity = verify(flatbuffer, compiled, x)
    assert parity.bits_checked == 32 * np.prod(compiled.model.latent_shape)
    assert parity.bits_differing == 0, description
    one, two = (Backbone(compiled.model, k) for k in (reference, numpy_kernels))
    for row in x[:2]:
        assert bytes(one.run(row.tobytes())) == bytes(two.run(row.tobytes()))


@pytest.mark.parametrize("name", ["colour-dense", "colour-s2"])
def test_shortcuts_of_a_design_stay_bits(name: str) -> None:
    flatbuffer = convert(randomised(build_backbone((32, 32, 3), name, seed=3), 4))
    compiled = compile_tflite(flatbuffer)
    model = compiled.model
    assert model.float_bytes == 0
    assert tcm.JOIN in [op.code for op in model.operators]
    parity = verify(flatbuffer, compiled, random_pixels(8, model.input_shape))
    assert parity.bits_checked and parity.bits_differing == 0
    with pytest.raises(ValueError, match="no chain of binary layers"):
        first_layer(model, FULL)
    if name == "colour-s2":  # its latents are joined
        with pytest.raises(ValueError, match="ends with 0 that can learn"):
            first_layer(model, 1)


def first(x: Any) -> Any:
    """Pixels to 32 channels in front of a sign."""
    x = layers.Rescaling(1, -128)(x)
    x = lq.layers.QuantConv2D(32, 3, kernel_quantizer=Int8Kernel(), use_bias=False)(x)
    return layers.BatchNormalization()(x)


def made(build: Callable[[Any], Any]) -> bytes:
    """Converted model of 8 x 8 x 1 pixels."""
    pixels = layers.Input((8, 8, 1))
    return convert(tf.keras.Model(pixels, build(pixels)))


def quant_dense(x: Any) -> Any:
    return sign(lq.layers.QuantDense(6, **SIGNS)(x))


REFUSED = {
    "a QuantDense": (
        lambda x: quant_dense(layers.Flatten()(binary(first(x), 32))),
        r"LceQuantize '.*' reads a flattened image: .* 1x1 QuantConv2D",
    ),
    "a QuantDense of pooled values": (
        lambda x: quant_dense(layers.GlobalAveragePooling2D()(binary(first(x), 32))),
        r"FULLY_CONNECTED '.*' has binary weights .*: use a 1x1 QuantConv2D",
    ),
    "few channels in a group": (
        lambda x: sign(binary(binary(first(x), 48), 8, groups=2, pad_values=1)),
        r"PADV2 '.*' pads with 1.0: .* multiple of 32 channels in a group",
    ),
    "dilation": (
        lambda x: sign(binary(first(x), 32, dilation_rate=2)),
        r"LceBconv2d '.*' is dilated: use dilation_rate=1",
    ),
    "nothing binary": (
        lambda x: layers.Dense(3)(layers.Flatten()(x)),
        r"the graph has no binary layer",
    ),
    "two outputs": (
        lambda x: [sign(binary(first(x), 32)), layers.Flatten()(x)],
        r"expected one input and one output, got 1 and 2",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_not_in_the_family_is_refused(what: str) -> None:
    build, reason = REFUSED[what]
    with pytest.raises(CompileError, match=reason):
        compile_tflite(made(build))


def signed(x: Any) -> Any:
    return sign(layers.BatchNormalization()(x))


GROUPED: dict[str, tuple[Callable[[Any], Any], int]] = {
    "binary": (
        lambda x: signed(binary(binary(first(x), 64), 6, groups=2, pad_values=1)),
        1,
    ),
    "zeros around": (
        lambda x: signed(binary(binary(first(x), 128), 36, groups=4)),
        1,
    ),
    "norm, then pooling": (
        lambda x: sign(layers.MaxPool2D(2)(signed(binary(binary(first(x), 96), 33, groups=3)))),
        1,
    ),
    "8 bits": (
        lambda x: signed(
            lq.layers.QuantConv2D(
                12, 3, groups=3, padding="same", kernel_quantizer=Int8Kernel(), use_bias=False
            )(layers.Rescaling(1, -128)(x))
        ),
        6,
    ),
    "8 bits, depthwise": (
        lambda x: signed(
            lq.layers.QuantDepthwiseConv2D(
                3, depth_multiplier=4, depthwise_quantizer=Int8Kernel(), use_bias=False
            )(layers.Rescaling(1, -128)(x))
        ),
        3,
    ),
}


@pytest.mark.parametrize("what", GROUPED)
def test_groups(what: str) -> None:
    build, channels = GROUPED[what]
    pixels = layers.Input((8, 9, channels))
    flatbuffer = convert(tf.keras.Model(pixels, build(pixels)))
    compiled = compile_tflite(flatbuffer)
    model = compiled.model
    assert model.float_bytes == 0
    x = random_pixels(16, model.input_shape, 9)
    parity = verify(flatbuffer, compiled, x)
    assert parity.bits_untied == 0 and parity.bits_differing < parity.bits_checked / 100
    latents = latents_and_outputs(model, x)[0]
    for kernels in (reference, numpy_kernels):
        assert bytes(Backbone(model, kernels).run(x[1].tobytes())) == latents[1].tobytes()


@pytest.fixture(scope="module")
def backbone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model with a classifier, which is left out of the compiled one."""

    def build(x: Any) -> Any:
        x = sign(layers.BatchNormalization()(binary(layers.MaxPool2D(2)(first(x)), 16)))
        return layers.Dense(3)(layers.GlobalAveragePooling2D()(x))

    path = tmp_path_factory.mktemp("larq") / "backbone.tflite"
    path.write_bytes(made(build))
    return path


def test_int8_input_is_refused(backbone: Path) -> None:
    graph = read_graph(backbone.read_bytes())
    graph = replace(graph, inputs=(replace(graph.input, dtype="int8"),))
    with pytest.raises(CompileError, match=r"expected one float32 input .*, got int8 \(8, 8, 1\)"):
        lower(graph)


def test_a_file_cut_short_is_refused(backbone: Path) -> None:
    flatbuffer = backbone.read_bytes()
    for size in [*range(0, 64), *range(64, len(flatbuffer) - 64, 101)]:
        with pytest.raises(CompileError):
            compile_tflite(flatbuffer[:size])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # constants that are not finite
@settings(max_examples=400)
@given(
    changes=st.lists(
        st.tuples(st.integers(8, 10**6), st.binary(min_size=1, max_size=4)), min_size=1
    )
)
def test_a_damaged_file_is_refused_or_compiles(
    backbone: Path, changes: list[tuple[int, bytes]]
) -> None:
    broken = bytearray(backbone.read_bytes())
    for at, piece in changes:
        at = 8 + at % (len(broken) - 16)
        broken[at : at + len(piece)] = piece
    with suppress(CompileError):
        compile_tflite(bytes(broken))


@given(st.binary(max_size=300))
def test_garbage_is_refused(data: bytes) -> None:
    for garbage in (data, b"\x1c\0\0\0TFL3" + data):
        with pytest.raises(CompileError):
            compile_tflite(garbage)


def test_a_grid_sets_the_features(backbone: Path) -> None:
    flatbuffer = backbone.read_bytes()
    assert compile_tflite(flatbuffer).model.latent_shape == (3, 3, 16)
    for grid in (1, 2, 3):
        assert compile_tflite(flatbuffer, grid).model.features == grid**2 * 16
    for grid in (0, 4, -1):
        with pytest.raises(CompileError, match=rf"grid of {grid} does not fit latents of 3 x 3"):
            compile_tflite(flatbuffer, grid)


def test_what_a_file_says_of_itself(backbone: Path) -> None:
    flatbuffer, compiled = compile_file(backbone)
    assert flatbuffer == backbone.read_bytes()
    assert compile_tflite(flatbuffer).data == compiled.data  # the same bytes every time
    metadata = read_metadata(compiled.model)
    said = metadata["dropped"]
    assert isinstance(said, list)
    assert [name.split()[0] for name in said] == ["MEAN", "FULLY_CONNECTED"]
    assert [name.split()[0] for name in compiled.program.dropped] == ["MEAN", "FULLY_CONNECTED"]


def test_equal_weights_have_an_equal_fingerprint_in_any_session() -> None:
    """Keras counts layers without a name; that must not make another model of the same weights."""
    found = []
    for _ in range(2):
        tf.keras.utils.set_random_seed(5)
        pixels = layers.Input((9, 9, 3))
        latents = lq.quantizers.SteSign()(layers.BatchNormalization()(binary(first(pixels), 32)))
        found.append(compile_tflite(convert(tf.keras.Model(pixels, latents, name="same"))).model)
    assert found[0].fingerprint == found[1].fingerprint


def test_files_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    path = tmp_path / "backbone.tflite"
    path.write_bytes(b"no model")
    with pytest.raises(CompileError, match=r"backbone\.tflite: expected a \.tflite flatbuffer"):
        compile_file(path)
    with pytest.raises(CompileError, match=r"cannot read .*missing\.tflite"):
        compile_file(tmp_path / "missing.tflite")


def test_verify_sees_a_difference(backbone: Path) -> None:
    flatbuffer, compiled = compile_file(backbone)
    x = random_pixels(16, (8, 8, 1))
    assert verify(flatbuffer, compiled, x).bits_differing == 0
    weights = compiled.model.operators[-2].weights
    changed = bytes(255 - b for b in bytes(weights))
    other = compile_tflite(flatbuffer.replace(bytes(weights), changed))
    assert verify(flatbuffer, other, x).bits_differing > 0
