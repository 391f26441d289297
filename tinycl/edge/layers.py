"""Drop-in Keras layers that keep bits from the forward to the backward pass.

>>> from tinycl.edge import layers as lq_layers     # was: from larq import layers as lq_layers

A training step with these keeps signs, windows and pooling masks as bits where Keras and Larq
keep float32; the gradient of a kernel is its sign over sqrt(fan-in). Beside larq's ``QuantConv2D``
and ``QuantDense`` there are ``BatchNormalization``, which divides by the mean magnitude and has no
gamma, and ``MaxPool2D``. `tinycl.edge.wrap.low_memory` converts a model that is already there.

Example
-------
>>> binary = dict(input_quantizer="ste_sign", kernel_quantizer="ste_sign",
...               kernel_constraint="weight_clip", use_bias=False)
>>> layer = lq_layers.QuantDense(256, **binary)
"""

from __future__ import annotations

from typing import Any

from tinycl.edge.gradients import binary_conv, binary_dense, l1_batch_norm, max_pool
from tinycl.exceptions import ModelError
from tinycl.keras import import_larq, import_tensorflow

__all__ = ["BatchNormalization", "MaxPool2D", "QuantConv2D", "QuantDense"]

tf: Any = import_tensorflow()
lq: Any = import_larq()

_register = tf.keras.utils.register_keras_serializable(package="tinycl")
_SIGNS = lq.quantizers.SteSign


@_register
class QuantDense(lq.layers.QuantDense):
    """Larq's ``QuantDense``: its arguments, its initial weights, its outputs.

    ``kernel_quantizer`` is ``"ste_sign"``, ``input_quantizer`` the same or None.

    Parameters
    ----------
    packed_gradient
        Hand the kernel's gradient on as bits; only the optimizers of `tinycl.edge.optimizers`
        take those.

    Raises
    ------
    ModelError
        Another quantizer.
    """

    def __init__(self, units: int, packed_gradient: bool = False, **kwargs: Any) -> None:
        super().__init__(units, **kwargs)
        self.packed_gradient = packed_gradient
        _check_quantizers(self)

    def build(self, input_shape: Any) -> None:
        """Make the kernel, and mark it for the optimizer."""
        super().build(input_shape)
        self.kernel.packed_gradient = self.packed_gradient

    def call(self, inputs: Any) -> Any:
        """Multiply (..., fan-in) by the signs of the kernel."""
        flat = tf.reshape(inputs, [-1, inputs.shape[-1]])
        is_signed = self.input_quantizer is not None
        y = binary_dense(flat, _latent(self.kernel), is_signed, self.packed_gradient)
        y = tf.reshape(y, tf.concat([tf.shape(inputs)[:-1], [self.units]], 0))
        y.set_shape([*inputs.shape[:-1], self.units])
        return _finish(self, y)

    def get_config(self) -> dict[str, Any]:
        """What makes the same layer again."""
        return {**super().get_config(), "packed_gradient": self.packed_gradient}


@_register
class QuantConv2D(lq.layers.QuantConv2D):
    """Larq's ``QuantConv2D``: its arguments, its initial weights, its outputs.

    ``kernel_quantizer`` is ``"ste_sign"``, ``input_quantizer`` the same or None; one group, no
    dilation, channels last, zeros around the image. ``packed_gradient`` as in `QuantDense`.

    Raises
    ------
    ModelError
        Another quantizer or kind of convolution.
    """

    def __init__(
        self, filters: int, kernel_size: Any, packed_gradient: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(filters, kernel_size, **kwargs)
        self.packed_gradient = packed_gradient
        _check_quantizers(self)
        plain = {"groups": 1, "data_format": "channels_last", "dilation_rate": (1, 1)}
        for name, value in {**plain, "pad_values": 0.0}.items():
            if getattr(self, name) != value:
                raise ModelError(
                    f"layer {self.name}: expected {name}={value!r}, got {getattr(self, name)!r}"
                )

    def build(self, input_shape: Any) -> None:
        """Make the kernel, and mark it for the optimizer."""
        super().build(input_shape)
        self.kernel.packed_gradient = self.packed_gradient

    def call(self, inputs: Any) -> Any:
        """Convolve (samples, height, width, channels) with the signs of the kernel."""
        is_signed = self.input_quantizer is not None
        strides = [1, *self.strides, 1]
        kernel = _latent(self.kernel)
        how = {"strides": strides, "padding": self.padding.upper()}
        y = binary_conv(inputs, kernel, is_signed, self.packed_gradient, how)
        y.set_shape(self.compute_output_shape(inputs.shape))
        return _finish(self, y)

    def get_config(self) -> dict[str, Any]:
        """What makes the same layer again."""
        return {**super().get_config(), "packed_gradient": self.packed_gradient}


@_register
class BatchNormalization(tf.keras.layers.Layer):
    """Batch norm over the last axis by mean and mean magnitude, without gamma.

    Parameters
    ----------
    momentum
        Of the moving averages, which inference uses.
    epsilon
        A channel whose mean magnitude is below this is taken as constant.
    center
        Whether there is a beta.
    scale
        False: there is no gamma, which a sign would hide.

    Raises
    ------
    ModelError
        ``scale=True``, or another axis than the last.
    """

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-6,
        center: bool = True,
        scale: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if scale or axis != -1:
            raise ModelError(
                f"layer {self.name}: expected scale=False and axis=-1, "
                f"got scale={scale} and axis={axis}"
            )
        self.momentum, self.epsilon, self.center = momentum, epsilon, center
        self.gamma = None

    def build(self, input_shape: Any) -> None:
        """Make one beta and two averages for each channel."""
        shape = input_shape[-1:]
        self.beta = self.add_weight("beta", shape, initializer="zeros", trainable=self.center)
        self.moving_mean = self.add_weight(
            "moving_mean", shape, initializer="zeros", trainable=False
        )
        self.moving_deviation = self.add_weight(
            "moving_deviation", shape, initializer="ones", trainable=False
        )
        super().build(input_shape)

    def call(self, inputs: Any, training: Any = None) -> Any:
        """Normalise (..., channels)."""
        if training is None:
            training = tf.keras.backend.learning_phase()
        if not tf.is_tensor(training):
            return self._train(inputs) if training else self._infer(inputs)
        return tf.cond(
            tf.cast(training, tf.bool), lambda: self._train(inputs), lambda: self._infer(inputs)
        )

    def get_config(self) -> dict[str, Any]:
        """What makes the same layer again."""
        own = {"momentum": self.momentum, "epsilon": self.epsilon, "center": self.center}
        return {**super().get_config(), **own}

    def _train(self, inputs: Any) -> Any:
        out, mu, psi = l1_batch_norm(inputs, tf.convert_to_tensor(self.beta), self.epsilon)
        for average, value in ((self.moving_mean, mu), (self.moving_deviation, psi)):
            average.assign_add((tf.stop_gradient(value) - average) * (1 - self.momentum))
        return out

    def _infer(self, inputs: Any) -> Any:
        inverse = 1 / tf.maximum(self.moving_deviation, self.epsilon)
        return (inputs - self.moving_mean) * inverse + self.beta


@_register
class MaxPool2D(tf.keras.layers.MaxPool2D):
    """Keras' ``MaxPool2D`` over squares that do not overlap.

    Raises
    ------
    ModelError
        Another stride than the side of the square, padding, or channels first.
    """

    def __init__(self, pool_size: Any = 2, **kwargs: Any) -> None:
        super().__init__(pool_size, **kwargs)
        height, width = self.pool_size
        is_plain = self.padding == "valid" and self.data_format == "channels_last"
        if height != width or tuple(self.strides) != (height, width) or not is_plain:
            raise ModelError(
                f"layer {self.name}: expected squares, strides equal to pool_size, padding "
                f"'valid' and channels last, got pool_size={self.pool_size}, "
                f"strides={self.strides}, padding={self.padding!r}"
            )

    def call(self, inputs: Any) -> Any:
        """Pool (samples, height, width, channels)."""
        y = max_pool(inputs, self.pool_size[0])
        y.set_shape(self.compute_output_shape(inputs.shape))
        return y


def _check_quantizers(layer: Any) -> None:
    kernel, inputs = layer.kernel_quantizer, layer.input_quantizer
    if not isinstance(kernel, _SIGNS) or not isinstance(inputs, _SIGNS | type(None)):
        raise ModelError(
            f"layer {layer.name}: expected kernel_quantizer='ste_sign' and input_quantizer="
            f"'ste_sign' or None, got {kernel!r} and {inputs!r}; use Larq's own layer for others"
        )


def _latent(kernel: Any) -> Any:
    """The real weights behind Larq's quantized variable."""
    return tf.convert_to_tensor(getattr(kernel, "latent_variable", kernel))


def _finish(layer: Any, y: Any) -> Any:
    if layer.use_bias:
        y = tf.nn.bias_add(y, layer.bias)
    return y if layer.activation is None else layer.activation(y)
