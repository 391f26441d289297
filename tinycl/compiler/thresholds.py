"""Move the first layer's thresholds to the middle between two integers.

The first convolution's accumulator is an integer, ``acc = sum k (x - 128)``, and the sign behind
its batch norm is ``+1 where acc * s + b >= 0``, thus where ``acc >= t``, ``t = -b / s``. Every t
between n - 1 (excluded) and n gives the same bits, so ``t = n - 1/2`` changes nothing in exact
arithmetic. It leaves the widest margin over float32 rounding wherever the model is evaluated in
floats, by Keras or by LCE's interpreter, and their bits then equal an integer evaluation's.

The converter moves the thresholds in a Keras model. In a flatbuffer that was made without, LCE's
bit at an integer threshold depends on the order in which its floats were added, which no integer
arithmetic can follow. Moving the thresholds there tells such ties from real differences.
"""

from typing import Any

import numpy as np

from tinycl.compiler.lower.symbols import Accumulator
from tinycl.exceptions import ModelError

__all__ = [
    "FLOAT32_SAFE",
    "centre_first_biases",
    "centre_first_thresholds",
    "first_layer_integers",
]

FLOAT32_SAFE = 2**22
"""Largest accumulator allowed: a float32 sum of that size still resolves quarters."""


def first_layer_integers(conv: Any) -> np.ndarray:
    """Integers of an 8-bit first kernel.

    Parameters
    ----------
    conv
        A QuantConv2D whose kernel quantizer is ``Int8Kernel``.

    Returns
    -------
    numpy.ndarray
        int64 (kh, kw, cin, cout) in -127..127.
    """
    kernel = np.asarray(conv.kernel_quantizer(conv.kernel))
    return np.rint(kernel.astype(np.float64) * 127).astype(np.int64)


def centre_first_thresholds(model: Any) -> bool:
    """Shift the first batch norm's beta, in place, so that thresholds lie between integers.

    Parameters
    ----------
    model
        A model from `build_backbone`, or one whose first layers are alike: ``Rescaling(1, -n)``
        with an integer n, a QuantConv2D with ``Int8Kernel``, a BatchNormalization.

    Returns
    -------
    bool
        False when the model does not begin so; it is left as it was.

    Raises
    ------
    ModelError
        The accumulator can grow beyond what float32 evaluates exactly enough.
    """
    found = _first_layers(model)
    if found is None:
        return False
    offset, conv, norm = found
    integers = first_layer_integers(conv)
    pixel = max(abs(offset), abs(255 + offset))
    largest = int(pixel * np.abs(integers).sum(axis=(0, 1, 2)).max())
    if largest > FLOAT32_SAFE:
        raise ModelError(
            f"layer {conv.name} sums up to {largest}, float32 is safe up to {FLOAT32_SAFE}: "
            "make its kernel smaller"
        )
    scale, shift = _folded(norm, integers.shape[-1])
    scale = scale / 127
    if norm.beta is None or np.any(scale < 0):
        return False
    live = scale > 0
    safe = np.where(live, scale, 1.0)
    target = np.where(live, -(np.ceil(-shift / safe) - 0.5) * safe, shift)
    beta = np.asarray(norm.beta, dtype=np.float64) + (target - shift)
    norm.beta.assign(beta.astype(np.float32))
    return True


def centre_first_biases(flatbuffer: bytes, first: Accumulator) -> bytes:
    """A copy of a .tflite whose first convolution has its thresholds between integers.

    Parameters
    ----------
    flatbuffer
        The file.
    first
        Its first convolution, as lowered.
    """
    if first.bias is None or first.bias.data is None or first.step is None:
        return flatbuffer
    thresholds = first.chain.thresholds(first.name)
    roots = first.chain.roots(thresholds)
    middle = np.where(thresholds.sign > 0, thresholds.value - 0.5, 0.5 - thresholds.value)
    shift = np.where(np.isnan(roots), 0.0, (roots - middle) * first.step)
    bias = (first.bias.data.astype(np.float64) + shift).astype("<f4").tobytes()
    patched = bytearray(flatbuffer)
    patched[first.bias.position : first.bias.position + len(bias)] = bias
    return bytes(patched)


def _folded(norm: Any, channels: int) -> tuple[np.ndarray, np.ndarray]:
    """Batch norm as ``scale * x + shift``, float64 (channels,)."""
    mean = np.asarray(norm.moving_mean, dtype=np.float64)
    deviation = np.sqrt(np.asarray(norm.moving_variance, dtype=np.float64) + norm.epsilon)
    gamma = np.ones(channels) if norm.gamma is None else np.asarray(norm.gamma, dtype=np.float64)
    beta = np.zeros(channels) if norm.beta is None else np.asarray(norm.beta, dtype=np.float64)
    return gamma / deviation, beta - gamma * mean / deviation


def _first_layers(model: Any) -> tuple[int, Any, Any] | None:
    """Offset, first convolution and batch norm, if the model starts as the family does."""
    layers = [layer for layer in model.layers if type(layer).__name__ != "InputLayer"]
    names = [type(layer).__name__ for layer in layers[:3]]
    if names != ["Rescaling", "QuantConv2D", "BatchNormalization"]:
        return None
    rescaling, conv, norm = layers[:3]
    if rescaling.scale != 1 or rescaling.offset != int(rescaling.offset):
        return None
    if conv.use_bias or conv.input_quantizer is not None or conv.activation.__name__ != "linear":
        return None
    if type(conv.kernel_quantizer).__name__ != "Int8Kernel":
        return None
    if _consumers(rescaling) != [conv] or _consumers(conv) != [norm] or not _only_signs(norm):
        return None
    return int(rescaling.offset), conv, norm


def _only_signs(layer: Any) -> bool:
    """Whether a layer's values reach nothing but signs, perhaps through max pooling."""
    consumers = _consumers(layer)
    return bool(consumers) and all(
        _only_signs(consumer) if type(consumer).__name__ == "MaxPooling2D" else _signs(consumer)
        for consumer in consumers
    )


def _signs(layer: Any) -> bool:
    quantizer = getattr(layer, "input_quantizer", None)
    is_quantizer = hasattr(layer, "precision") and not hasattr(layer, "kernel")
    return getattr(layer if is_quantizer else quantizer, "precision", None) == 1


def _consumers(layer: Any) -> list[Any]:
    return [node.outbound_layer for node in layer.outbound_nodes]
