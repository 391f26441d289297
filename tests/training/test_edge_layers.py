"""The Keras layers agree with Larq's outputs and with the equations in plain numpy."""

from importlib.util import find_spec

import numpy as np
import pytest
from helpers.edge_equations import batch_norm, batch_norm_gradient, conv_gradients, convolve

if find_spec("larq") is None:
    pytest.skip("needs tinycl[train]", allow_module_level=True)

from tinycl.edge import chunks, layers, optimizers
from tinycl.edge.packing import pack, unpack
from tinycl.edge.wrap import low_memory
from tinycl.exceptions import ModelError
from tinycl.keras import import_larq, import_tensorflow

tf, lq = import_tensorflow(), import_larq()
BINARY = {"input_quantizer": "ste_sign", "kernel_quantizer": "ste_sign", "use_bias": False}
CLIP = {**BINARY, "kernel_constraint": "weight_clip"}


@pytest.fixture(autouse=True)
def _several_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even the batches of these tests go through in more than one part."""
    monkeypatch.setattr(chunks, "_SMALL", 0)
    monkeypatch.setattr(chunks, "_ELEMENTS", 100)


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    values = np.random.default_rng(seed).normal(size=shape).astype(np.float32)
    values.flat[:2] = 0, -0.0  # signs of zeros are +1
    return values


def gradients(layer, x: np.ndarray, weights: list, dy: np.ndarray | None = None, graph=False):
    """Output, dx and gradients of the weights, in training; dy random unless given."""
    layer.build(x.shape)
    for variable, value in zip(layer.trainable_weights, weights, strict=True):
        variable.assign(value)

    def run(x, dy):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x, training=True) if "training" in layer._call_spec.arg_names else layer(x)
            loss = tf.reduce_sum(y * dy)
        return y, *tape.gradient(loss, [x, *layer.trainable_weights])

    shape = layer.compute_output_shape(x.shape)
    dy = normal(*shape, seed=9) if dy is None else dy
    run = tf.function(run) if graph else run
    return dy, [value.numpy() for value in run(tf.constant(x), tf.constant(dy))]


@pytest.mark.parametrize("shape", [(2, 1), (1, 8), (3, 7), (2, 3, 5, 4)])
def test_bits_come_back(shape: tuple[int, ...]) -> None:
    flags = np.random.default_rng(0).random(shape) < 0.5
    packed = pack(tf.constant(flags))
    assert packed.dtype == tf.uint8
    expected = np.packbits(flags.reshape(len(flags), -1), axis=1, bitorder="little")
    assert packed.numpy().tolist() == expected.tolist()
    assert (unpack(packed, shape[1:]).numpy() == flags).all()


@pytest.mark.parametrize("graph", [False, True])
@pytest.mark.parametrize("first", [False, True])
def test_dense(graph: bool, first: bool) -> None:
    x, w = normal(6, 20), normal(20, 5, seed=1)
    layer = layers.QuantDense(5, **(BINARY | {"input_quantizer": None} if first else BINARY))
    dy, (y, dx, dw) = gradients(layer, x, [w], graph=graph)
    xb, wb = (x if first else np.where(x >= 0, 1, -1)), np.where(w >= 0, 1, -1)
    assert y == pytest.approx(xb @ wb, abs=1e-4)
    assert dx == pytest.approx(dy @ wb.T * (1 if first else np.abs(x) <= 1), abs=1e-4)
    signs = np.where(xb.T @ dy >= 0, 1, -1) / 20**0.5
    assert dw == pytest.approx(signs * (np.abs(w) <= 1), abs=1e-6)


@pytest.mark.parametrize("graph", [False, True])
@pytest.mark.parametrize("padding", ["same", "valid"])
def test_conv(graph: bool, padding: str) -> None:
    x, w = normal(3, 6, 5, 4), normal(3, 3, 4, 7, seed=1)
    layer = layers.QuantConv2D(7, 3, padding=padding, **BINARY)
    dy, (y, dx, dw) = gradients(layer, x, [w], graph=graph)
    xb, wb, pad = np.where(x >= 0, 1.0, -1.0), np.where(w >= 0, 1.0, -1.0), int(padding == "same")
    assert y == pytest.approx(convolve(xb, wb, pad), abs=1e-4)
    full_dx, full_dw = conv_gradients(xb, wb, dy.astype(float), pad)
    assert dx == pytest.approx(full_dx * (np.abs(x) <= 1), abs=1e-3)
    signs = np.where(full_dw >= 0, 1, -1) / 36**0.5
    assert dw == pytest.approx(signs * (np.abs(w) <= 1), abs=1e-6)


@pytest.mark.parametrize("shape", [(30, 6), (4, 5, 3, 6)])
@pytest.mark.parametrize("graph", [False, True])
def test_batch_norm(shape: tuple[int, ...], graph: bool) -> None:
    y, beta = 3 + 5 * normal(*shape), normal(6, seed=2)
    layer = layers.BatchNormalization(momentum=0.75)
    dxn, (xn, dy, dbeta) = gradients(layer, y, [beta], graph=graph)
    expected, *kept = batch_norm(y.astype(float), beta)
    assert xn == pytest.approx(expected, abs=1e-5)
    assert dy == pytest.approx(batch_norm_gradient(dxn, *kept), abs=1e-5)
    axes = tuple(range(len(shape) - 1))
    assert dbeta == pytest.approx(dxn.sum(axis=axes), abs=1e-4)
    assert layer.moving_mean.numpy() == pytest.approx(0.25 * y.mean(axis=axes), rel=1e-4)
    assert layer.moving_deviation.numpy() == pytest.approx(0.75 + 0.25 * kept[1], rel=1e-4)
    inferred = layer(y, training=False).numpy()
    mean, deviation = layer.moving_mean.numpy(), layer.moving_deviation.numpy()
    assert inferred == pytest.approx((y - mean) / deviation + beta, abs=1e-4)


def test_a_channel_that_never_varies_is_zero() -> None:
    y = np.full((4, 2), 7, np.float32)
    _, (xn, dy, _) = gradients(layers.BatchNormalization(), y, [np.zeros(2)])
    assert not xn.any() and not dy.any()


@pytest.mark.parametrize("side", [2, 3])
def test_pooling_with_many_equal_elements(side: int) -> None:
    x = np.random.default_rng(0).integers(-2, 3, (2, 7, 9, 5)).astype(np.float32)
    dy, (y, dx) = gradients(layers.MaxPool2D(side), x, [])
    assert (y == tf.nn.max_pool2d(x, side, side, "VALID").numpy()).all()
    expected = np.zeros_like(x)
    for n, i, j, c in np.ndindex(*y.shape):
        square = x[n, i * side : (i + 1) * side, j * side : (j + 1) * side, c]
        di, dj = divmod(int(square.argmax()), side)
        expected[n, i * side + di, j * side + dj, c] = dy[n, i, j, c]
    assert (dx == expected).all()


def larq_model(scale: bool = False):
    keras = tf.keras.layers
    return tf.keras.Sequential(
        [
            tf.keras.Input((8, 8, 2)),
            lq.layers.QuantConv2D(8, 3, **{**CLIP, "input_quantizer": None}),
            keras.MaxPool2D(),
            keras.BatchNormalization(scale=scale, momentum=0.8),
            lq.layers.QuantConv2D(16, 3, **CLIP),
            keras.BatchNormalization(scale=False, momentum=0.8),
            keras.Flatten(),
            lq.layers.QuantDense(2, **CLIP),
            keras.BatchNormalization(scale=False, momentum=0.8),
        ]
    )


def test_a_larq_model_converts_trains_and_comes_back_from_a_file(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(chunks, "_SMALL", 1 << 14)
    random = np.random.default_rng(0)
    x, y = random.normal(size=(256, 8, 8, 2)).astype(np.float32), random.integers(0, 2, 256)
    x[y == 0, :4] += 1
    x[y == 1, 4:] += 1
    original = larq_model()
    original(x, training=True)  # moving averages are no longer those of a new model
    model = low_memory(original)
    assert model.predict(x, verbose=0) == pytest.approx(original.predict(x, verbose=0), abs=1e-3)
    assert {type(layer).__module__ for layer in model.layers[:3]} == {layers.__name__}
    loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(tf.keras.optimizers.Adam(1e-3), loss, metrics=["accuracy"])
    model.fit(x, y, batch_size=32, epochs=15, verbose=0)
    assert model.evaluate(x, y, verbose=0)[1] > 0.9
    model.save(tmp_path / "model.keras")
    again = tf.keras.models.load_model(tmp_path / "model.keras")
    assert again.predict(x, verbose=0) == pytest.approx(model.predict(x, verbose=0), abs=1e-5)


def test_what_has_no_room_is_refused_by_name() -> None:
    with pytest.raises(ModelError, match="gamma"):
        low_memory(larq_model(scale=True))
    for make in (
        lambda: layers.QuantDense(4, kernel_quantizer="dorefa_quantizer"),
        lambda: layers.QuantDense(4, kernel_quantizer="ste_sign", input_quantizer="swish_sign"),
        lambda: layers.QuantConv2D(4, 3, dilation_rate=2, **BINARY),
        lambda: layers.QuantConv2D(4, 3, padding="same", pad_values=1.0, **BINARY),
        lambda: layers.MaxPool2D(3, strides=2),
        lambda: layers.BatchNormalization(scale=True),
    ):
        with pytest.raises(ModelError, match="expected"):
            make()


@pytest.mark.parametrize(
    ("name", "eager"), [("adam", False), ("adam", True), ("sgd", True), ("bop", True)]
)
def test_optimizers_take_bits_for_gradients(name: str, eager: bool, monkeypatch) -> None:
    """One step from bits is one step from the same signs in plain numpy."""
    monkeypatch.setattr(optimizers, "_PART", 40)  # several parts of a kernel
    x, y = normal(12, 9), np.arange(12) % 8
    model = tf.keras.Sequential(
        [
            tf.keras.Input((9,)),
            layers.QuantDense(16, packed_gradient=True, **{**CLIP, "input_quantizer": None}),
            layers.BatchNormalization(),
            layers.QuantDense(8, packed_gradient=True, **CLIP),
        ]
    )
    plain = tf.keras.models.clone_model(model, clone_function=_unpacked)
    before = [np.where(np.abs(w) < 0.01, 0.9, w) for w in model.get_weights()]
    before[0][0, :4] = 1.5, -1.5, 0, -0.0  # outside of the window; zeros
    if name == "bop":
        before = [np.where(w < 0, -1, 1) if w.ndim == 2 else w for w in before]
    model.set_weights(before)
    plain.set_weights(before)
    loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    optimizer = optimizers.make(name)
    if name == "bop":
        optimizer = optimizers.Bop(0.5, threshold=0.4)
    model.compile(optimizer, loss, run_eagerly=eager)
    model.train_on_batch(x, y)
    with tf.GradientTape() as tape:
        value = loss(y, plain(x, training=True))
    found = tape.gradient(value, [plain.layers[0].kernel, plain.layers[2].kernel])
    for index, layer, g in zip((0, 2), (0, 2), found, strict=True):
        w, g = before[0 if index == 0 else 4].astype(np.float64), g.numpy()
        unit = w.shape[0] ** -0.5
        if name == "adam":
            expected = np.clip(w - 1e-3 * np.sign(g), -1, 1)
        elif name == "sgd":
            expected = np.clip(w - 0.01 * g, -1, 1)
        else:
            expected = np.where(0.5 * g * w > 0.4 * unit, -w, w)
        got = model.layers[layer].get_weights()[0]
        assert got == pytest.approx(expected, abs=1e-6)
    kinds = {slot.dtype for slot in optimizer.variables if slot.shape.rank == 2}
    assert kinds == {tf.float16}


def _unpacked(layer):
    config = layer.get_config()
    if "packed_gradient" in config:
        config["packed_gradient"] = False
    return type(layer).from_config(config)
