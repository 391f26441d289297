"""Build the backbones that `tinycl.models.architecture` describes, as Larq models.

Each block is convolution, batch norm without scale, max pooling, sign: in this order Larq Compute
Engine folds the batch norm into integer thresholds and keeps every map packed in bits.
"""

from typing import Any

from tinycl.exceptions import ModelError
from tinycl.keras import import_larq, import_tensorflow
from tinycl.models.architecture import ConvSpec, feature_grid
from tinycl.models.designs import architecture_for
from tinycl.models.quantizers import Int8Kernel

__all__ = ["build_backbone", "build_classifier", "build_teacher"]

tf: Any = import_tensorflow()
lq: Any = import_larq()

_MOMENTUM = 0.95


def build_backbone(input_shape: tuple[int, int, int], size: str = "8k", seed: int = 0) -> Any:
    """Build an untrained backbone: pixels in, binary latents out.

    Parameters
    ----------
    input_shape
        (height, width, channels); a signal is (samples, 1, channels).
    size
        Flash budget for weights and thresholds, one of `SIZES` in
        `tinycl.models.architecture`, or one of `tinycl.models.designs.DESIGNS`.
    seed
        Seed of the initial weights.

    Returns
    -------
    tf.keras.Model
        Float32 input (N, H, W, C) that holds the integers 0..255; float32 output (N, h, w, c)
        of -1 and +1, c a multiple of 32.

    Raises
    ------
    ModelError
        Unknown size, or a shape that no backbone fits.
    """
    architecture = architecture_for(input_shape, size)
    inputs = tf.keras.Input(input_shape, name="pixels")
    x = tf.keras.layers.Rescaling(1.0, -128.0, name="signed")(inputs)
    maps: list[Any] = []
    bits: dict[int, Any] = {}

    def read(joins: tuple[int, ...]) -> Any:
        """The last map, for a layer that takes its sign; or its bits, joined to earlier ones."""
        if not joins:
            return maps[-1]
        wanted = (*joins, len(maps) - 1)
        for i in wanted:
            if i not in bits:
                bits[i] = lq.quantizers.SteSign(name=f"bits{i}")(maps[i])
        return _join([bits[i] for i in wanted], len(maps))

    for index, (conv, filters) in enumerate(
        zip(architecture.convs, architecture.widths, strict=True)
    ):
        maps.append(_block(read(conv.joins) if index else x, conv, filters, index, seed))
    latents = lq.quantizers.SteSign(name="latents")(read(architecture.latent_joins))
    return tf.keras.Model(inputs, latents, name=f"backbone_{size}")


def build_teacher(
    input_shape: tuple[int, int, int],
    size: str,
    num_classes: int,
    width: float = 1.0,
    seed: int = 0,
) -> Any:
    """Build a classifier of a backbone's layers in real numbers, to train the backbone with.

    Parameters
    ----------
    input_shape, size, seed
        As of `build_backbone`.
    num_classes
        Outputs of the softmax.
    width
        Channels in parts of the backbone's.

    Returns
    -------
    tf.keras.Model
        Pixels to class probabilities (N, num_classes).
    """
    architecture = architecture_for(input_shape, size)
    inputs = tf.keras.Input(input_shape, name="pixels")
    x = tf.keras.layers.Rescaling(1 / 64, -2.0, name="signed")(inputs)
    maps: list[Any] = []
    for index, (conv, filters) in enumerate(
        zip(architecture.convs, architecture.widths, strict=True)
    ):
        x = _join([*(maps[i] for i in conv.joins), x], index)
        x = tf.keras.layers.Conv2D(
            round(filters * width),
            conv.kernel,
            conv.strides,
            conv.padding,
            use_bias=False,
            kernel_initializer=tf.keras.initializers.HeNormal(seed=_seed(seed, index)),
        )(x)
        x = tf.keras.layers.BatchNormalization(momentum=_MOMENTUM)(_pool(x, conv, index))
        x = tf.keras.layers.ReLU()(x)
        maps.append(x)
    x = _join([*(maps[i] for i in architecture.latent_joins), x], len(maps))
    latents = tf.keras.layers.Activation("linear", name="latents")(x)
    return build_classifier(tf.keras.Model(inputs, latents), num_classes, seed)


def build_classifier(backbone: Any, num_classes: int, seed: int = 0) -> Any:
    """Put a float head on a backbone for its training; the head is dropped afterwards.

    The head sees what the board's head will see: latents pooled over the feature grid, here as
    averages. Training through this bottleneck makes the pooled counts the informative features.

    Parameters
    ----------
    backbone
        A model from `build_backbone`.
    num_classes
        Outputs of the softmax, 2 or more.
    seed
        Seed of the head's initial weights.

    Returns
    -------
    tf.keras.Model
        Pixels to class probabilities (N, num_classes).

    Raises
    ------
    ModelError
        ``num_classes`` is below 2.
    """
    if num_classes < 2:
        raise ModelError(f"a classifier needs 2 classes or more, got {num_classes}")
    height, width, _ = backbone.output_shape[1:]
    rows, columns = feature_grid(backbone.output_shape[1:])
    cell = (height // rows, width // columns)
    x = tf.keras.layers.AveragePooling2D(cell, name="features")(backbone.output)
    x = tf.keras.layers.Flatten(name="flatten")(x)
    initial = tf.keras.initializers.GlorotUniform(seed=_seed(seed, 99))
    x = tf.keras.layers.Dense(num_classes, kernel_initializer=initial, name="head")(x)
    return tf.keras.Model(backbone.input, tf.keras.layers.Softmax(name="classes")(x))


def _block(x: Any, conv: ConvSpec, filters: int, index: int, seed: int) -> Any:
    options: dict[str, Any] = {
        "use_bias": False,
        "padding": conv.padding,
        "strides": conv.strides,
        "kernel_initializer": tf.keras.initializers.GlorotNormal(seed=_seed(seed, index)),
        "kernel_constraint": "weight_clip",
        "name": f"conv{index}",
    }
    if index == 0:
        options |= {"kernel_quantizer": Int8Kernel()}
    else:
        options |= {"input_quantizer": "ste_sign", "kernel_quantizer": "ste_sign"}
        if conv.padding == "same":
            options |= {"pad_values": 1.0}  # LCE can pack bits only for one-padding
    x = lq.layers.QuantConv2D(filters, conv.kernel, **options)(x)
    x = tf.keras.layers.BatchNormalization(scale=False, momentum=_MOMENTUM, name=f"norm{index}")(x)
    return _pool(x, conv, index)


def _pool(x: Any, conv: ConvSpec, index: int) -> Any:
    if conv.pool == (1, 1):
        return x
    strides = conv.pool_strides or conv.pool
    return tf.keras.layers.MaxPool2D(conv.pool, strides, name=f"pool{index}")(x)


def _join(maps: list[Any], index: int) -> Any:
    """Join the channels of maps of one size."""
    if len(maps) == 1:
        return maps[0]
    return tf.keras.layers.Concatenate(name=f"join{index}")(maps)


def _seed(seed: int, index: int) -> int:
    """Seed for one layer: equal layers must not start with equal weights."""
    return (seed * 1009 + index) % 2**31
