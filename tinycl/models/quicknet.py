"""A small residual network after QuickNet: binary convolutions between float32 additions.

Larq Compute Engine converts it; its real-valued parts (stem, additions, transitions) stay float32.
"""

from collections.abc import Sequence
from typing import Any

from tinycl.exceptions import ModelError
from tinycl.keras import import_larq, import_tensorflow

__all__ = ["build_quicknet"]

tf: Any = import_tensorflow()
lq: Any = import_larq()


def build_quicknet(
    input_shape: tuple[int, int, int],
    filters: Sequence[int] = (32, 64),
    blocks: Sequence[int] = (2, 2),
    seed: int = 0,
) -> Any:
    """Build an untrained residual backbone: pixels in, binary latents out.

    A block is ``x + norm(relu(conv(sign(x))))`` with a binary 3x3 convolution, the form of
    QuickNet (Bannink et al., 2011.09398). Sections are joined by max pooling and a real-valued
    1x1 convolution; each halves the map and takes the next number of filters.

    Parameters
    ----------
    input_shape
        (height, width, channels); the map is halved once in the stem and once between sections.
    filters
        Channels of each section, multiples of 32.
    blocks
        Residual blocks in each section.
    seed
        Seed of the initial weights.

    Returns
    -------
    tf.keras.Model
        Float32 input (N, H, W, C) that holds the integers 0..255; float32 output (N, h, w, c)
        of -1 and +1.

    Raises
    ------
    ModelError
        Lengths differ, a number is out of range, or the input is too small.
    """
    _check(input_shape, filters, blocks)
    seeds = iter(range(seed * 1009, seed * 1009 + 1000))
    inputs = tf.keras.Input(input_shape, name="pixels")
    x = tf.keras.layers.Rescaling(1 / 127.5, -1.0, name="signed")(inputs)
    x = tf.keras.layers.Conv2D(
        filters[0],
        3,
        strides=2,
        padding="same",
        use_bias=False,
        kernel_initializer=_glorot(seeds),
        name="stem_conv",
    )(x)
    x = _norm(x, "stem_norm")
    for section, (width, count) in enumerate(zip(filters, blocks, strict=True)):
        if section:
            x = _transition(x, width, section, seeds)
        for block in range(count):
            x = _residual(x, width, f"section{section}_block{block}", seeds)
    return tf.keras.Model(inputs, lq.quantizers.SteSign(name="latents")(x), name="quicknet")


def _residual(x: Any, width: int, name: str, seeds: Any) -> Any:
    y = lq.layers.QuantConv2D(
        width,
        3,
        padding="same",
        pad_values=1.0,
        input_quantizer="ste_sign",
        kernel_quantizer="ste_sign",
        kernel_constraint="weight_clip",
        kernel_initializer=_glorot(seeds),
        activation="relu",
        use_bias=False,
        name=f"{name}_conv",
    )(x)
    return tf.keras.layers.Add(name=f"{name}_add")([x, _norm(y, f"{name}_norm")])


def _transition(x: Any, width: int, section: int, seeds: Any) -> Any:
    x = tf.keras.layers.ReLU(name=f"section{section}_relu")(x)
    x = tf.keras.layers.MaxPool2D(2, name=f"section{section}_pool")(x)
    x = tf.keras.layers.Conv2D(
        width,
        1,
        use_bias=False,
        kernel_initializer=_glorot(seeds),
        name=f"section{section}_conv",
    )(x)
    return _norm(x, f"section{section}_norm")


def _norm(x: Any, name: str) -> Any:
    return tf.keras.layers.BatchNormalization(momentum=0.95, name=name)(x)


def _glorot(seeds: Any) -> Any:
    return tf.keras.initializers.GlorotNormal(seed=next(seeds) % 2**31)


def _check(
    input_shape: tuple[int, int, int], filters: Sequence[int], blocks: Sequence[int]
) -> None:
    if len(filters) != len(blocks) or not filters:
        raise ModelError(
            f"expected as many filters as block counts, got {list(filters)} and {list(blocks)}"
        )
    if any(width < 32 or width % 32 for width in filters):
        raise ModelError(f"filters must be multiples of 32, got {list(filters)}")
    if any(count < 1 for count in blocks):
        raise ModelError(f"every section needs a block or more, got {list(blocks)}")
    smallest = 2 ** (len(filters) + 1)
    if len(input_shape) != 3 or min(input_shape[:2]) < smallest:
        raise ModelError(
            f"expected an input (height, width, channels) of {smallest}x{smallest} or more "
            f"for {len(filters)} sections, got {input_shape}"
        )
