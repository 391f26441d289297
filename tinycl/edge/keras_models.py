"""The networks of `tinycl.models.networks` as Keras models, standard or in little memory."""

from __future__ import annotations

from typing import Any

from tinycl.keras import import_larq, import_tensorflow
from tinycl.models.networks import Network

__all__ = ["build_keras"]


def build_keras(network: Network, is_low_memory: bool) -> Any:
    """Make a model that gives logits.

    Parameters
    ----------
    network
        Its layers.
    is_low_memory
        Of `tinycl.edge.layers`; else of Larq's and Keras' own.

    Returns
    -------
    keras.Model
        Not compiled; float32 inputs (samples, height, width, channels).
    """
    keras = import_tensorflow().keras
    binary, plain, packed = import_larq().layers, keras.layers, {}
    if is_low_memory:
        from tinycl.edge import layers

        binary = plain = layers
        packed = {"packed_gradient": True}  # for the optimizers of tinycl.edge.optimizers
    model = keras.Sequential([keras.Input(network.input_shape)], name=network.name)
    is_flat = False
    for index, layer in enumerate(network.layers):
        signs = {
            "input_quantizer": "ste_sign" if index else None,
            "kernel_quantizer": "ste_sign",
            "kernel_constraint": "weight_clip",
            "use_bias": False,
            **packed,
        }
        if layer.kind == "conv":
            model.add(
                binary.QuantConv2D(layer.units, layer.kernel, padding=layer.padding, **signs)
            )
        else:
            if not is_flat:
                model.add(keras.layers.Flatten())
                is_flat = True
            model.add(binary.QuantDense(layer.units, **signs))
        if layer.pool > 1:
            model.add(plain.MaxPool2D(layer.pool))
        model.add(plain.BatchNormalization(momentum=0.9, scale=False))
    return model
