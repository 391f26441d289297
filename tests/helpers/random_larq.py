"""Random small Larq models of the integer family, with everything that it allows.

model, description = random_larq(seed=5)
flatbuffer = convert(model)
"""

from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from tinycl.keras import import_larq, import_lce, import_tensorflow
from tinycl.models.quantizers import Int8Kernel

__all__ = ["convert", "random_larq"]

tf: Any = import_tensorflow()
lq: Any = import_larq()

_PIXELS = {"shift": (1.0, -128.0), "raw": (1.0, 0.0), "scale": (1 / 64, -2.0)}
_PIXELS |= {"half": (1 / 127.5, -1.0), "lift": (1.0, 100.0), "invert": (-1.0, 255.0)}


def convert(model: Any) -> bytes:
    """The model as LCE's .tflite.

    Saved as one function instead of as a Keras model with all its layers: the same file from the
    same converter, in half the time.
    """
    call = tf.function(lambda pixels: model(pixels, training=False), autograph=False)
    signature = call.get_concrete_function(tf.TensorSpec((None, *model.input_shape[1:])))
    module = tf.Module()
    module.model = model.variables
    with TemporaryDirectory() as folder:
        tf.saved_model.save(module, folder, signatures=signature)
        return bytes(import_lce().convert_saved_model(folder))


def random_larq(seed: int) -> tuple[Any, list[str]]:
    """A Keras model with random weights, and what it is made of."""
    return _Maker(np.random.default_rng(seed)).make()


class _Maker:
    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.said: list[str] = []
        self.norms: list[Any] = []

    def make(self) -> tuple[Any, list[str]]:
        rng, layers = self.rng, tf.keras.layers
        mode = str(rng.choice(list(_PIXELS)))
        self.said.append(mode)
        shape = (*(int(n) for n in rng.integers(7, 15, 2)), int(rng.integers(1, 4)))
        if rng.random() < 0.15:
            shape = (1, shape[1] + 20, shape[2])  # a signal
            shape = shape if rng.random() < 0.5 else (shape[1], 1, shape[2])
        x = inputs = layers.Input(shape)
        scale, offset = _PIXELS[mode]
        if mode != "raw":
            x = layers.Rescaling(scale, offset)(x)
        if mode in ("shift", "scale", "half") and rng.random() < 0.25:
            self.said.append("sign first")
            x = lq.quantizers.SteSign()(x)
            first = None
        else:
            x, first = self.first(x, mode)
        for _ in range(int(rng.integers(1, 4))):
            x = self.joined(x) if rng.random() < 0.3 else self.binary(x)
        x = lq.quantizers.SteSign()(x)
        if rng.random() < 0.35:
            self.said.append("classifier")
            x = layers.GlobalAveragePooling2D()(x)
            x = layers.Dense(5, activation="softmax")(x)
        model = tf.keras.Model(inputs, x)
        for norm in self.norms:
            _randomise(norm, rng)
        if first is not None:
            self.centre(*first, scale, offset)
        return model, self.said

    def first(self, x: Any, mode: str) -> tuple[Any, tuple[Any, Any]]:
        """The 8-bit convolution, perhaps pooling and ReLU, and the norm that decides the sign."""
        rng, layers = self.rng, tf.keras.layers
        # Padding is a pixel value: there is none for 127.5.
        padding = "valid" if mode == "half" else str(rng.choice(["same", "valid"]))
        kernel = tuple(int(min(n, rng.choice([1, 3, 5, 7]))) for n in x.shape[1:3])
        conv = lq.layers.QuantConv2D(
            int(rng.integers(3, 40)),
            kernel,
            strides=int(rng.choice([1, 2])),
            padding=padding,
            use_bias=bool(rng.integers(2)),
            kernel_quantizer=Int8Kernel(),
        )
        self.said.append(f"conv8 {kernel} {padding}")
        x = conv(x)
        x = self.pool(x, 0.3)
        if rng.random() < 0.3:
            self.said.append("relu")
            x = layers.ReLU()(x)
        norm = layers.BatchNormalization()
        x = norm(x)
        return self.pool(x, 0.4), (conv, norm)

    def binary(self, x: Any) -> Any:
        """A binary convolution and some of batch norm, pooling, ReLU, sign in any order."""
        rng = self.rng
        kernel = tuple(int(min(n, rng.choice([1, 2, 3, 3, 5, 7]))) for n in x.shape[1:3])
        padding, ones = str(rng.choice(["same", "valid"])), int(rng.integers(2))
        filters = int(rng.choice([3, 31, 32, 33, rng.integers(1, 70)]))
        strides = int(rng.choice([1, 1, 2]))
        self.said.append(f"binary {kernel} /{strides} {padding} pad {ones} x {filters}")
        x = lq.layers.QuantConv2D(
            filters,
            kernel,
            strides=strides,
            padding=padding,
            pad_values=ones,
            input_quantizer="ste_sign",
            kernel_quantizer="ste_sign",
            kernel_constraint="weight_clip",  # silences Larq's advice for training
            use_bias=bool(rng.integers(2)),
            bias_initializer=tf.keras.initializers.RandomUniform(-4, 4, int(rng.integers(99))),
        )(x)
        for step in rng.permutation(["norm", "pool", "relu", "sign"])[: int(rng.integers(4))]:
            if step == "pool":
                x = self.pool(x, 1)
            elif step == "sign":
                self.said.append("sign")
                return lq.quantizers.SteSign()(x)
            elif step == "relu":
                self.said.append("relu")
                x = self.norm(tf.keras.layers.ReLU()(x))
            else:
                x = self.norm(x)
        return x

    def joined(self, x: Any) -> Any:
        """The signs of a map, and of a convolution that reads it, as channels of one map."""
        rng = self.rng
        if self.said[-1].startswith("sign"):
            x = self.binary(x)
        if self.said[-1].startswith("sign"):
            return x
        filters = int(rng.choice([5, 32, 33, 64]))
        self.said.append(f"joined to {filters}")
        options = {"input_quantizer": "ste_sign", "kernel_quantizer": "ste_sign"}
        options |= {"padding": "same", "pad_values": 1.0, "kernel_constraint": "weight_clip"}
        more = self.norm(lq.layers.QuantConv2D(filters, 3, use_bias=False, **options)(x))
        self.said.append("signs joined")
        return tf.keras.layers.Concatenate()([lq.quantizers.SteSign()(v) for v in (x, more)])

    def norm(self, x: Any) -> Any:
        self.said.append("norm")
        self.norms.append(tf.keras.layers.BatchNormalization())
        return self.norms[-1](x)

    def pool(self, x: Any, chance: float) -> Any:
        rng = self.rng
        if min(x.shape[1:3]) < 4 or rng.random() >= chance:
            return x
        size, stride = int(rng.choice([2, 3])), int(rng.choice([1, 2]))
        padding = str(rng.choice(["same", "valid"]))
        self.said.append(f"pool {size} /{stride} {padding}")
        return tf.keras.layers.MaxPool2D(size, stride, padding)(x)

    def centre(self, conv: Any, norm: Any, scale: float, offset: float) -> None:
        """Random thresholds for the first layer, each half-way between two integers.

        Its accumulator is an integer, but LCE sums it in float32: where ``scale * acc + bias`` is
        0 in exact arithmetic, LCE's sign depends on the order of its additions. Such ties are
        the only place where a threshold on integers may differ, and ``tinycl.compiler.thresholds``
        keeps them out of real models the same way; moving a threshold within its gap between two
        integers changes no bit.
        """
        rng = self.rng
        kernel = np.rint(np.asarray(conv.kernel_quantizer(conv.kernel), np.float64) * 127)
        n, unit = kernel.shape[-1], scale / 127
        bias = np.zeros(n)
        if conv.use_bias:
            bias = rng.normal(0, 40 * abs(unit), n)
            conv.bias.assign(bias.astype(np.float32))
        # What all pixels share once they are written as x - zero, with an integer zero.
        zero = np.rint(-offset / scale)
        rest = (offset + scale * zero) * kernel.sum(axis=(0, 1, 2)) / 127
        spread = np.sqrt((kernel**2).sum(axis=(0, 1, 2))) * 60
        middle = kernel.sum(axis=(0, 1, 2)) * (127 - zero)
        crossing = np.rint(middle + rng.normal(0, 1, n) * spread) + 0.5
        gamma = rng.normal(0, 1, n)
        gamma += np.where(gamma < 0, -0.2, 0.2)
        beta, variance = rng.normal(0, 1, n), rng.uniform(0.1, 9, n)
        deviation = np.sqrt(variance + norm.epsilon)
        # The norm is 0 where its input is ``mean - beta * deviation / gamma``.
        mean = crossing * unit + rest + bias + beta * deviation / gamma
        norm.set_weights([v.astype(np.float32) for v in (gamma, beta, mean, variance)])


def _randomise(norm: Any, rng: np.random.Generator) -> None:
    """Scales of both signs; thresholds often exactly on an integer, where sign(0) is +1."""
    n = norm.gamma.shape[0]
    gamma, variance = rng.normal(0, 1, n), rng.uniform(0.1, 9, n)
    beta = rng.normal(0, 1, n) * (rng.random(n) < 0.7)
    mean = np.rint(rng.normal(0, 6, n)) * (rng.random(n) < 0.8)
    norm.set_weights([v.astype(np.float32) for v in (gamma, beta, mean, variance)])
