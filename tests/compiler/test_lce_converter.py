"""Conversion by LCE: exact integers, lossless thresholds, the same bits as integer arithmetic."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinycl.exceptions import DataError, ModelError

if find_spec("larq_compute_engine") is None:  # not imported here: Keras must be chosen first
    pytest.skip("needs tinycl[train]", allow_module_level=True)

from tinycl.compiler.lce_converter import convert, list_operators
from tinycl.compiler.lce_interpreter import LceInterpreter
from tinycl.compiler.thresholds import centre_first_thresholds
from tinycl.models.architecture import ConvSpec, choose_architecture
from tinycl.models.backbone import build_backbone, lq, tf
from tinycl.models.quicknet import build_quicknet

SHAPE, SIZE = (18, 18, 2), "8k"


def backbone_with_ties() -> Any:
    """Random weights; every third threshold of the first layer within float32 of an integer."""
    model = build_backbone(SHAPE, SIZE, seed=1)
    rng = np.random.default_rng(1)
    for layer in model.layers:
        if not layer.name.startswith("norm"):
            continue
        beta, mean, variance = layer.get_weights()
        beta, mean = rng.normal(0, 1, beta.shape), rng.normal(0, 5, mean.shape)
        variance = rng.uniform(50, 1e4 if layer.name == "norm0" else 200, variance.shape)
        if layer.name == "norm0":
            beta[::3], mean[::3] = 0, rng.integers(-3000, 3000, mean[::3].shape) / 127
        layer.set_weights([beta, mean, variance])
    return model


def evaluate_integers(model: Any, x: np.ndarray) -> np.ndarray:
    """The model by its definition: integer accumulators, float64 thresholds, no TensorFlow."""
    plan = choose_architecture(SHAPE, SIZE)
    signs = x.astype(np.int64) - 128
    for index, conv in enumerate(plan.convs):
        kernel = np.asarray(model.get_layer(f"conv{index}").kernel, dtype=np.float32)
        beta, mean, variance = (
            w.astype(np.float64) for w in model.get_layer(f"norm{index}").get_weights()
        )
        if index == 0:
            largest = np.abs(kernel).max(axis=(0, 1, 2))
            weights, scale = np.rint(kernel / largest * np.float32(127)).astype(np.int64), 1 / 127
        else:
            weights, scale = np.where(kernel >= 0, 1, -1), 1.0
        acc = convolve(signs, weights, conv)
        threshold = mean - beta * np.sqrt(variance + 1e-3)
        signs = pool(np.where(acc * scale >= threshold, 1, -1), conv)
    return signs


def convolve(x: np.ndarray, kernel: np.ndarray, conv: ConvSpec) -> np.ndarray:
    kh, kw = conv.kernel
    if conv.padding == "same":
        pad = [(0, 0), *[((k - 1) // 2, k // 2) for k in (kh, kw)], (0, 0)]
        x = np.pad(x, pad, constant_values=1)
    height, width = conv.conv_size
    total = np.zeros((len(x), height, width, kernel.shape[-1]), np.int64)
    for i in range(kh):
        for j in range(kw):
            total += x[:, i : i + height, j : j + width] @ kernel[i, j]
    return total


def pool(x: np.ndarray, conv: ConvSpec) -> np.ndarray:
    (ph, pw), (height, width) = conv.pool, conv.size
    x = x[:, : height * ph, : width * pw]
    return x.reshape(len(x), height, ph, width, pw, -1).max(axis=(2, 4))


@pytest.fixture(scope="module")
def model() -> Any:
    return backbone_with_ties()


@pytest.fixture(scope="module")
def flatbuffer(model: Any) -> bytes:
    return convert(model)


@pytest.fixture(scope="module")
def pixels() -> np.ndarray:
    rng = np.random.default_rng(2)
    noise = rng.integers(0, 256, (150, *SHAPE))
    flat = rng.integers(0, 256, (50, 1, 1, 1)) + rng.integers(-2, 3, (50, *SHAPE))
    return np.clip(np.concatenate([noise, flat]), 0, 255).astype(np.uint8)


def test_lce_equals_integer_evaluation(model: Any, flatbuffer: bytes, pixels: np.ndarray) -> None:
    expected = evaluate_integers(model, pixels)
    assert 0.1 < (expected > 0).mean() < 0.9
    np.testing.assert_array_equal(LceInterpreter(flatbuffer).run(pixels), expected)


def test_centring_changes_no_bit_and_leaves_half_a_step(model: Any, pixels: np.ndarray) -> None:
    before = evaluate_integers(model, pixels)
    clone = tf.keras.models.clone_model(model)
    clone.set_weights(model.get_weights())
    assert centre_first_thresholds(clone)
    np.testing.assert_array_equal(evaluate_integers(clone, pixels), before)
    np.testing.assert_array_equal(clone.predict(pixels.astype(np.float32), verbose=0), before)
    beta, mean, variance = (w.astype(np.float64) for w in clone.get_layer("norm0").get_weights())
    steps = 127 * (mean - beta * np.sqrt(variance + 1e-3))
    np.testing.assert_allclose(steps - np.floor(steps), 0.5, atol=0.02)


def test_convert_does_not_change_the_model(model: Any) -> None:
    before = model.get_weights()
    convert(model)
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_first_kernel_comes_back_from_the_file(model: Any, flatbuffer: bytes) -> None:
    import tflite

    graph = tflite.Model.GetRootAsModel(flatbuffer, 0)
    sub = graph.Subgraphs(0)
    tensor = sub.Tensors(sub.Operators(0).Inputs(1))
    shape = tuple(tensor.ShapeAsNumpy())
    data = graph.Buffers(tensor.Buffer()).DataAsNumpy().tobytes()
    folded = np.frombuffer(data, np.float32).reshape(shape).astype(np.float64)  # out, h, w, in
    found = 127 * folded / np.abs(folded).max(axis=(1, 2, 3), keepdims=True)
    np.testing.assert_allclose(found, np.rint(found), atol=1e-4)
    kernel = model.get_layer("conv0").kernel.numpy()
    expected = np.rint(kernel / np.abs(kernel).max(axis=(0, 1, 2)) * np.float32(127))
    np.testing.assert_array_equal(np.rint(found), expected.transpose(3, 0, 1, 2))


def test_every_map_stays_packed(flatbuffer: bytes) -> None:
    names = [operator["name"] for operator in list_operators(flatbuffer)]
    assert names[:2] == ["CONV_2D", "LceQuantize"] and names[-1] == "LceDequantize"
    assert set(names[2:-1]) == {"LceBconv2d", "LceBMaxPool2d"}


def test_centring_leaves_other_models_alone() -> None:
    """A ReLU sees the values themselves: moving beta would change them."""
    inputs = tf.keras.Input((8, 8, 1))
    x = tf.keras.layers.Rescaling(1.0, -128.0)(inputs)
    x = lq.layers.QuantConv2D(32, 3, kernel_quantizer="int8_kernel", use_bias=False)(x)
    x = tf.keras.layers.BatchNormalization(scale=False)(x)
    x = lq.quantizers.SteSign()(tf.keras.layers.ReLU()(x))
    assert not centre_first_thresholds(tf.keras.Model(inputs, x))


def test_quicknet_converts_and_agrees(tmp_path: Path) -> None:
    quicknet = build_quicknet((16, 16, 1), filters=(32,), blocks=(2,))
    flatbuffer = convert(quicknet, tmp_path / "new" / "quicknet.tflite")
    assert (tmp_path / "new" / "quicknet.tflite").read_bytes() == flatbuffer
    pixels = np.random.default_rng(0).integers(0, 256, (8, 16, 16, 1)).astype(np.uint8)
    expected = quicknet.predict(pixels.astype(np.float32), verbose=0)
    assert (LceInterpreter(flatbuffer).run(pixels) != expected).mean() < 0.01


def test_models_that_are_refused(tmp_path: Path) -> None:
    dense = lq.layers.QuantDense(4, input_quantizer="ste_sign", kernel_quantizer="ste_sign")
    floating = tf.keras.Sequential([tf.keras.layers.Conv2D(4, 3, input_shape=(8, 8, 1))])
    with_dense = tf.keras.Sequential([tf.keras.layers.Flatten(input_shape=(8, 8, 1)), dense])
    (tmp_path / "broken.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    for model, says in [
        (floating, "no binary convolution"),
        (with_dense, "1x1 kernel"),
        (42, "expected a Keras 2 model or a path, got int"),
        (tmp_path / "broken.h5", "cannot be read"),
        (str(tmp_path / "absent.keras"), "no model at"),
    ]:
        with pytest.raises(ModelError, match=says):
            convert(model)


def test_golden_refuses_garbage_and_wrong_pixels(flatbuffer: bytes) -> None:
    for data in (b"", b"text", bytes(100), flatbuffer[: len(flatbuffer) // 2], flatbuffer[:-40]):
        with pytest.raises(ModelError, match=r"flatbuffer|damaged"):
            LceInterpreter(data)
    golden = LceInterpreter(flatbuffer)
    for bad in (np.zeros((1, *SHAPE)), np.zeros(SHAPE, np.uint8), np.zeros((0, *SHAPE), np.uint8)):
        with pytest.raises(DataError, match="expected uint8 pixels"):
            golden.run(bad)
