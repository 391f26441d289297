"""Real-valued parts: residual networks and every float operator, compared with LCE."""

import os
import subprocess
import sys
from collections.abc import Callable
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

from tinycl.exceptions import CompileError
from tools.boards.staging import stage

if find_spec("larq_compute_engine") is None:  # not imported here: Keras must be chosen first
    pytest.skip("needs tinycl[train]", allow_module_level=True)

from helpers.random_larq import Int8Kernel, convert, lq, tf

from tinycl.compiler.compiler import Compiled, compile_tflite
from tinycl.compiler.fit.memory import layer_rows
from tinycl.compiler.verify import random_pixels, relative_error, verify
from tinycl.inference import latents_and_outputs
from tinycl.models.quicknet import build_quicknet

layers = tf.keras.layers
sign = lq.quantizers.SteSign()
SAME = {"padding": "same"}


def randomised(model: Any, seed: int) -> Any:
    """Batch norms and biases as after training: nothing is zero or one."""
    rng = np.random.default_rng(seed)
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            weights = [rng.normal(0, 0.4, w.shape) for w in layer.get_weights()]
            weights[-1] = 1 + np.abs(weights[-1])  # the variance
            weights[0] = weights[0] + layer.scale
            layer.set_weights(weights)
        elif getattr(layer, "bias", None) is not None:
            layer.bias.assign(rng.normal(0, 1, layer.bias.shape))
    return model


def made(build: Callable[[Any], Any], shape: tuple[int, int, int] = (9, 8, 2)) -> bytes:
    """A converted model of pixels in -1..1."""
    tf.keras.utils.set_random_seed(7)
    pixels = layers.Input(shape)
    model = tf.keras.Model(pixels, build(layers.Rescaling(1 / 127.5, -1)(pixels)))
    return convert(randomised(model, 5))


def binary(x: Any, filters: int = 8, **more: Any) -> Any:
    """A binary convolution, 3 x 3."""
    more = {"padding": "same", "pad_values": 1, "use_bias": False} | more
    return lq.layers.QuantConv2D(
        filters,
        3,
        input_quantizer="ste_sign",
        kernel_quantizer="ste_sign",
        kernel_constraint="weight_clip",
        **more,
    )(x)


def agrees(flatbuffer: bytes, samples: int = 6) -> Compiled:
    """Compile with outputs; LCE, the numpy kernels and the reference must agree."""
    compiled = compile_tflite(flatbuffer, outputs=True)
    model = compiled.model
    x = random_pixels(samples, model.input_shape)
    parity = verify(flatbuffer, compiled, x)
    assert parity.bits_checked > 0 and parity.bits_differing == 0
    assert parity.max_relative_error is not None and parity.max_relative_error < 1e-4
    assert parity.max_elementwise_error is not None and parity.max_elementwise_error < 1e-4
    latents, outputs = latents_and_outputs(model, x)
    assert outputs is not None and np.all(np.isfinite(outputs)) and np.ptp(outputs) > 0
    for kernels in (reference, numpy_kernels):
        backbone = Backbone(model, kernels)
        for k in (0, 1):
            assert bytes(backbone.run(x[k].tobytes())) == latents[k].tobytes()
            found = np.array(backbone.output, np.float32)[None]
            assert relative_error(found, outputs[k : k + 1]) < 1e-6
    return compiled


OPERATORS: dict[str, tuple[set[int], Callable[[Any], Any]]] = {
    "a convolution": (
        {tcm.FLOAT_CONV},
        lambda x: layers.Conv2D(5, (3, 2), strides=(2, 1), activation="relu", **SAME)(x),
    ),
    "a valid convolution": ({tcm.FLOAT_CONV}, lambda x: layers.Conv2D(5, 3)(x)),
    "a grouped convolution": (
        {tcm.FLOAT_CONV, tcm.FLOAT_TAKE, tcm.FLOAT_JOIN},
        lambda x: layers.Conv2D(6, 3, groups=2, activation="relu", **SAME)(x),
    ),
    "a grouped binary convolution": (
        {tcm.FLOAT_BCONV, tcm.TAKE, tcm.FLOAT_JOIN},
        lambda x: layers.ReLU()(binary(binary(x, 96), 9, groups=3)),
    ),
    "a grouped binary convolution, zeros around": (
        {tcm.FLOAT_BCONV, tcm.TAKE, tcm.FLOAT_JOIN},
        lambda x: layers.ReLU()(binary(binary(x, 64), 34, groups=2, pad_values=0)),
    ),
    "PReLU": (
        {tcm.FLOAT_SCALE, tcm.FLOAT_COMBINE},
        lambda x: layers.PReLU("random_uniform", shared_axes=[1, 2])(x),
    ),
    "channels joined": (
        {tcm.FLOAT_JOIN},
        lambda x: layers.Concatenate()([x, binary(x, 5), layers.ReLU()(x)]),
    ),
    "a depthwise convolution": (
        {tcm.FLOAT_DEPTHWISE},
        lambda x: layers.DepthwiseConv2D(3, 2, "same", depth_multiplier=2)(x),
    ),
    "one tensor and another": (
        {tcm.FLOAT_COMBINE},
        lambda x: layers.ReLU()(layers.Multiply()([x, layers.Subtract()([x, binary(x)])])),
    ),
    "constants": (
        {tcm.FLOAT_SCALE},
        lambda x: 3 - 2 * layers.BatchNormalization()(layers.MaxPool2D(2, 1)(x)),
    ),
    "ReLU": ({tcm.FLOAT_SCALE}, lambda x: layers.Add()([x, layers.ReLU()(x)])),
    "ReLU6": ({tcm.FLOAT_SCALE}, lambda x: layers.ReLU(6)(5 * layers.MaxPool2D(2)(x))),
    "max pooling": ({tcm.FLOAT_MAX}, lambda x: layers.MaxPool2D(3, 2, "same")(x)),
    "average pooling": ({tcm.FLOAT_MEAN}, lambda x: layers.AveragePooling2D(3, 2, "same")(x)),
    "a mean": ({tcm.FLOAT_MEAN}, lambda x: layers.GlobalAveragePooling2D()(x)),
    "a kept mean": (
        {tcm.FLOAT_MEAN},
        lambda x: layers.GlobalAveragePooling2D(keepdims=True)(x),
    ),
    "zeros around": (
        {tcm.FLOAT_PAD},
        lambda x: layers.MaxPool2D(3, 2)(layers.ZeroPadding2D(((1, 2), (0, 1)))(x)),
    ),
    "a dense layer": (
        {tcm.FLOAT_CONV, tcm.FLOAT_SOFTMAX},
        lambda x: layers.Dense(4, activation="softmax")(layers.Flatten()(x)),
    ),
    "a dense layer of pooled values": (
        {tcm.FLOAT_CONV, tcm.FLOAT_MEAN},
        lambda x: layers.Dense(4, activation="relu")(layers.GlobalAveragePooling2D()(x)),
    ),
    "a dense layer at every position": ({tcm.FLOAT_CONV}, lambda x: layers.Dense(4)(x)),
    "signs": ({tcm.FLOAT_BITS}, lambda x: layers.AveragePooling2D(2)(sign(x))),
    "signs of signs": (
        {tcm.FLOAT_SCALE, tcm.FLOAT_BCONV},
        lambda x: layers.Add()([sign(x), binary(sign(x), pad_values=0)]),
    ),
    "zero padding": ({tcm.FLOAT_BCONV}, lambda x: binary(x, pad_values=0, use_bias=True)),
    "zero padding and strides": (
        {tcm.FLOAT_BCONV},
        lambda x: layers.BatchNormalization()(binary(x, 33, pad_values=0, strides=2)),
    ),
    "a binary convolution with ReLU": (
        {tcm.FLOAT_BCONV},
        lambda x: layers.BatchNormalization()(binary(x, 40, activation="relu", padding="valid")),
    ),
}


@pytest.mark.parametrize("what", OPERATORS)
def test_an_operator_alone(what: str) -> None:
    codes, build = OPERATORS[what]
    compiled = agrees(made(lambda x: build(layers.BatchNormalization()(binary(x)))))
    assert codes <= {op.code for op in compiled.model.operators}


@pytest.mark.parametrize("what", OPERATORS)
def test_an_operator_before_signs(what: str) -> None:
    _, build = OPERATORS[what]

    def behind(x: Any) -> Any:
        return sign(build(layers.BatchNormalization()(binary(x))) - 0.1234)

    flatbuffer = made(behind)
    compiled = compile_tflite(flatbuffer)
    x = random_pixels(4, compiled.model.input_shape)
    assert verify(flatbuffer, compiled, x).bits_differing == 0


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


def test_integers_as_far_as_possible() -> None:
    def build(x: Any) -> Any:
        x = lq.layers.QuantConv2D(8, 3, kernel_quantizer=Int8Kernel(), use_bias=False)(x)
        x = layers.BatchNormalization()(binary(layers.BatchNormalization()(x)))
        return sign(layers.Add()([x, layers.BatchNormalization()(binary(x))]))

    pixels = layers.Input((8, 8, 1))
    model = tf.keras.Model(pixels, build(layers.Rescaling(1, -128)(pixels)))
    compiled = compile_tflite(convert(randomised(model, 3)))
    codes = [op.code for op in compiled.model.operators]
    assert codes[0] == tcm.CONV8 and codes.count(tcm.FLOAT_BCONV) == 2
    assert tcm.FLOAT_CONV not in codes and tcm.FLOAT_PIXELS not in codes


def residual(x: Any) -> Any:
    x = layers.BatchNormalization()(layers.Conv2D(8, 3, strides=2, **SAME)(x))
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


REFUSED = {
    "dilation": (
        lambda x: layers.Conv2D(3, 3, dilation_rate=2)(x),
        r"is dilated: use dilation_rate=1|SPACE_TO_BATCH_ND '.*' is not supported",
    ),
    "a PReLU of each place": (
        lambda x: layers.PReLU("random_uniform")(x),
        r"MUL '.*' has constants .*shared_axes",
    ),
    "a leaky ReLU": (
        lambda x: layers.LeakyReLU()(x),
        r"LEAKY_RELU '.*' is not supported: use ReLU",
    ),
    "an operator": (lambda x: tf.tanh(x), r"TANH '.*' is not supported: use layers that convert"),
    "shapes": (
        lambda x: layers.Multiply()([x, layers.GlobalAveragePooling2D(keepdims=True)(x)]),
        r"MUL '.*' combines \(9, 8, 8\) and \(1, 1, 8\)",
    ),
    "flattened": (
        lambda x: layers.Softmax()(layers.Flatten()(x)),
        r"SOFTMAX '.*' reads a flattened image",
    ),
    "a mean of channels": (
        lambda x: tf.reduce_mean(x, axis=3, keepdims=True),
        r"MEAN '.*' averages over axes \[3\]",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused(what: str) -> None:
    build, reason = REFUSED[what]
    with pytest.raises(CompileError, match=reason):
        compile_tflite(made(lambda x: build(layers.ReLU()(binary(x)))), outputs=True)


def test_int8_models_are_refused() -> None:
    from tinycl.keras import import_lce

    pixels = layers.Input((8, 8, 8))
    model = tf.keras.Model(pixels, sign(binary(layers.ReLU()(binary(pixels)))))
    flatbuffer = import_lce().convert_keras_model(
        model,
        inference_input_type=tf.int8,
        inference_output_type=tf.int8,
        experimental_default_int8_range=(-3, 3),
    )
    with pytest.raises(CompileError, match=r"int8.*convert .*float32 input and output"):
        compile_tflite(flatbuffer)


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


def test_corrections_lie_inside_their_table() -> None:
    def build(x: Any) -> Any:
        return sign(layers.Add()([layers.Conv2D(8, 3, **SAME)(x), binary(x, pad_values=0)]))

    compiled = compile_tflite(made(build))
    step = next(op for op in compiled.model.operators if op.code == tcm.FLOAT_BCONV)
    assert step.p[12] == 2
    table = np.array(step.table, np.float32).tobytes()
    at = compiled.data.index(table)
    for value in (-1, 0.5, np.nan, np.inf, 1e9, len(step.table)):
        data = bytearray(compiled.data)
        place = at + 4 * 2 * step.p[11]
        data[place : place + 4] = np.float32(value).tobytes()
        with pytest.raises(ValueError, match="has corrections outside its table"):
            Model(signed(data))
