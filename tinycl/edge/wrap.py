"""Turn a Larq model into one that trains in little memory."""

from __future__ import annotations

from typing import Any

from tinycl.edge import layers
from tinycl.exceptions import ModelError
from tinycl.keras import import_larq, import_tensorflow

__all__ = ["low_memory"]

tf: Any = import_tensorflow()
lq: Any = import_larq()


def low_memory(model: Any, packed_gradient: bool = False) -> Any:
    """Make the same model, with the same weights, of `tinycl.edge.layers`.

    Binary convolutions and dense layers, batch norms without gamma and maximum poolings are
    replaced, all others are kept. Predictions are those of the model given: a batch norm's moving
    deviation starts as the square root of its moving variance, and drifts to the mean magnitude.

    Parameters
    ----------
    model
        A Sequential or functional Keras 2 model.
    packed_gradient
        Gradients of kernels as bits, for the optimizers of `tinycl.edge.optimizers`.

    Raises
    ------
    ModelError
        A batch norm with gamma, or a layer that `tinycl.edge.layers` refuses.

    Example
    -------
    >>> model = low_memory(model, packed_gradient=True)
    >>> model.compile(tinycl.edge.optimizers.Adam(1e-3), "sparse_categorical_crossentropy")
    """

    def replace(layer: Any) -> Any:
        return _replace(layer, packed_gradient)

    clone = tf.keras.models.clone_model(model, clone_function=replace)
    for old, new in zip(model.layers, clone.layers, strict=True):
        weights = old.get_weights()
        if isinstance(old, tf.keras.layers.BatchNormalization):
            mean, variance = old.moving_mean.numpy(), old.moving_variance.numpy()
            new.moving_mean.assign(mean)
            new.moving_deviation.assign((variance + old.epsilon) ** 0.5)
            if old.center:
                new.beta.assign(old.beta)
        else:
            new.set_weights(weights)
    return clone


def _replace(layer: Any, packed_gradient: bool) -> Any:
    config = layer.get_config()
    packed = {**config, "packed_gradient": packed_gradient}
    if type(layer) is lq.layers.QuantConv2D and _is_binary(layer):
        return layers.QuantConv2D.from_config(packed)
    if type(layer) is lq.layers.QuantDense and _is_binary(layer):
        return layers.QuantDense.from_config(packed)
    if type(layer) is tf.keras.layers.MaxPool2D:
        return layers.MaxPool2D.from_config(config)
    if isinstance(layer, tf.keras.layers.BatchNormalization):
        if layer.scale:
            raise ModelError(
                f"layer {layer.name} has a gamma, which little memory has no room for: make it "
                "with scale=False"
            )
        return layers.BatchNormalization(
            momentum=layer.momentum, center=layer.center, name=layer.name
        )
    return type(layer).from_config(config)


def _is_binary(layer: Any) -> bool:
    return isinstance(layer.kernel_quantizer, lq.quantizers.SteSign)
