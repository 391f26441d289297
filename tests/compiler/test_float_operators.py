"""Every real-valued operator, alone and before signs, compared with LCE; what is refused."""

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest
from helpers.hostile import signed
from tinycl_rt import tcm
from tinycl_rt.model.loader import Model

from tinycl.exceptions import CompileError

if find_spec("larq_compute_engine") is None:  # not imported here: Keras must be chosen first
    pytest.skip("needs tinycl[train]", allow_module_level=True)

from helpers.larq_layers import agrees, binary, layers, made, randomised, sign
from helpers.random_larq import Int8Kernel, convert, lq, tf

from tinycl.compiler.compiler import compile_tflite
from tinycl.compiler.verify import random_pixels, verify

SAME = {"padding": "same"}


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
