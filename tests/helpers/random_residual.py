"""Random small Larq models with real-valued parts: residual additions, float layers, a classifier.

model, description = random_residual(seed=5)
"""

from typing import Any

import numpy as np

from helpers.random_larq import lq, tf

__all__ = ["random_residual"]

layers: Any = tf.keras.layers
_CHANNELS = (3, 8, 31, 32, 33, 40, 64)


def random_residual(seed: int) -> tuple[Any, list[str]]:
    """A Keras model with random weights, and what it is made of."""
    return _Maker(np.random.default_rng(seed)).make()


class _Maker:
    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.said: list[str] = []

    def make(self) -> tuple[Any, list[str]]:
        rng = self.rng
        tf.keras.utils.set_random_seed(int(rng.integers(1 << 30)))
        shape = (*(int(n) for n in rng.integers(8, 15, 2)), int(rng.integers(1, 5)))
        if rng.random() < 0.2:
            shape = (shape[0] + 20, 1, shape[2])  # a signal
        x = inputs = layers.Input(shape)
        x = layers.Rescaling(1 / 127.5, -1)(x)
        x = self.stem(x)
        for _ in range(int(rng.integers(1, 4))):
            x = self.block(x)
        x = self.end(x)
        model = tf.keras.Model(inputs, x)
        for layer in model.layers:
            self.trained(layer)
        return model, self.said

    def one_of(self, *choices: Any) -> Any:
        return choices[int(self.rng.integers(len(choices)))]

    def kernel(self, x: Any, most: int) -> tuple[int, int]:
        """Of any size that the image allows."""
        return tuple(int(self.rng.integers(1, min(n, most) + 1)) for n in x.shape[1:3])

    def say(self, *words: object) -> None:
        self.said.append(" ".join(map(str, words)))

    def stem(self, x: Any) -> Any:
        """Real-valued: a convolution, or two of which one is depthwise."""
        kernel, strides = self.kernel(x, 7), self.one_of(1, 1, 2)
        channels = self.one_of(*_CHANNELS)
        groups = self.one_of(1, 1, x.shape[-1])
        channels += -channels % groups
        self.say("stem", kernel, strides, channels, groups)
        x = layers.Conv2D(channels, kernel, strides, "same", groups=groups)(x)
        if self.rng.random() < 0.3:
            self.say("depthwise")
            x = layers.DepthwiseConv2D(self.kernel(x, 3), padding="same", depth_multiplier=1)(x)
        if self.rng.random() < 0.5:
            self.say("relu")
            x = layers.ReLU()(x)
        return layers.BatchNormalization()(x)

    def block(self, x: Any) -> Any:
        """A binary convolution, mostly with a way around it."""
        rng = self.rng
        kind = self.one_of("residual", "residual", "down", "plain")
        if min(x.shape[1:3]) < 3 and max(x.shape[1:3]) < 6:
            kind = "residual"
        strides = 2 if kind == "down" else 1
        filters = x.shape[-1] if kind == "residual" else self.one_of(*_CHANNELS)
        y = self.binary(x, filters, strides, "same" if kind != "plain" else None)
        y = layers.BatchNormalization()(y)
        if rng.random() < 0.3:
            y = self.one_of(layers.ReLU(), layers.ReLU(6), layers.BatchNormalization())(y)
        if kind == "residual":
            return layers.Add()([x, y])
        if kind == "plain":
            return y
        pool = self.one_of(layers.MaxPool2D, layers.AveragePooling2D)
        x = pool(self.one_of(2, 3), 2, "same")(x)
        if x.shape[-1] != filters:
            x = layers.BatchNormalization()(layers.Conv2D(filters, 1, use_bias=False)(x))
        return layers.Add()([x, y])

    def binary(self, x: Any, filters: int, strides: int, padding: str | None) -> Any:
        kernel, ones = self.kernel(x, self.one_of(3, 3, 5, 7)), int(self.rng.integers(2))
        padding = padding or self.one_of("same", "valid")
        groups = 1
        if x.shape[-1] % 64 == 0 and filters % 2 == 0:
            groups = self.one_of(1, 2)
        self.say("binary", kernel, f"/{strides}", padding, "pad", ones, "x", filters, "g", groups)
        return lq.layers.QuantConv2D(
            filters,
            kernel,
            strides=strides,
            padding=padding,
            pad_values=ones,
            groups=groups,
            activation=self.one_of(None, None, "relu"),
            input_quantizer="ste_sign",
            kernel_quantizer="ste_sign",
            kernel_constraint="weight_clip",  # silences Larq's advice for training
            use_bias=False,
        )(x)

    def end(self, x: Any) -> Any:
        """Images, pooled values or classes."""
        kind = self.one_of("image", "pooled", "classes", "flat")
        self.say(kind)
        if kind == "image":
            return layers.ReLU()(x)
        if kind == "flat":
            return layers.Dense(3)(layers.Flatten()(layers.ReLU()(x)))
        x = layers.GlobalAveragePooling2D()(layers.ReLU()(x))
        return x if kind == "pooled" else layers.Dense(5, activation="softmax")(x)

    def trained(self, layer: Any) -> None:
        """Batch norms and biases as after training: nothing is zero or one."""
        rng = self.rng
        if isinstance(layer, layers.BatchNormalization):
            n = layer.gamma.shape
            values = (1 + rng.normal(0, 0.4, n), rng.normal(0, 0.4, n))
            values += (rng.normal(0, 0.4, n), rng.uniform(0.3, 6, n))
            layer.set_weights([v.astype(np.float32) for v in values])
        elif getattr(layer, "bias", None) is not None:
            layer.bias.assign(rng.normal(0, 0.5, layer.bias.shape))
