"""The 8-bit quantizer of the first kernel."""

from typing import Any

from tinycl.keras import import_larq, import_tensorflow

__all__ = ["Int8Kernel"]

tf: Any = import_tensorflow()
lq: Any = import_larq()

LEVELS = 127


@lq.utils.register_alias("int8_kernel")
@lq.utils.register_keras_custom_object
class Int8Kernel(lq.quantizers.Quantizer):
    """Signed 8-bit kernel, one scale for each output channel, straight-through gradient.

    ``q(w) = round(127 w / max|w|) / 127``, the maximum taken over one output channel: in each
    channel the largest integer has magnitude 127, and an all-zero channel stays zero. The scale
    is dropped on purpose, since a batch norm follows. LCE folds ``q`` and the batch norm into
    float weights that are the integer times one factor per channel, so that a compiler gets the
    integers back exactly.

    Example
    -------
    >>> lq.layers.QuantConv2D(32, 3, kernel_quantizer=Int8Kernel(), use_bias=False)
    """

    precision = 8

    def call(self, inputs: Any) -> Any:
        """Quantise a kernel of shape ``(..., out channels)`` to multiples of 1/127 in [-1, 1]."""
        axes = list(range(len(inputs.shape) - 1))
        largest = tf.reduce_max(tf.abs(inputs), axis=axes, keepdims=True)
        scaled = tf.math.divide_no_nan(inputs, tf.stop_gradient(largest))
        rounded = tf.round(scaled * LEVELS) / LEVELS
        return super().call(scaled + tf.stop_gradient(rounded - scaled))
