"""Read the layers of a Keras model for the memory model."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import Any

from tinycl.exceptions import ModelError
from tinycl.models.networks import LayerShape

__all__ = ["describe"]

_ADVICE = "the memory model knows chains of convolutions, dense layers, poolings and batch norms"


def describe(model: Any) -> list[LayerShape]:
    """List the layers of a Keras model that hold weights, each with the pooling that follows.

    Larq's layers, those of `tinycl.edge.layers` and plain Keras ones are read alike. Each layer
    is taken to have a batch norm behind it.

    Parameters
    ----------
    model
        A built Keras 2 model that is a chain.

    Raises
    ------
    ModelError
        A layer with weights that is none of these, a branch, a shape left open, or no weights.
    """
    shapes: list[LayerShape] = []
    for layer in model.layers:
        kind = type(layer).__name__
        if isinstance(layer.input_shape, list) and len(layer.input_shape) > 1:
            raise ModelError(f"layer {layer.name} ({kind}) joins branches: {_ADVICE}")
        if "Pool" in kind:
            if shapes:
                shapes[-1] = replace(shapes[-1], pool=_side(layer))
        elif hasattr(layer, "kernel"):
            shapes.append(_shape(layer))
        elif layer.trainable_weights and "BatchNorm" not in kind:
            raise ModelError(f"layer {layer.name} is a {kind}: {_ADVICE}")
    if not shapes:
        raise ModelError(f"model {model.name} has no layers with weights")
    return shapes


def _shape(layer: Any) -> LayerShape:
    inputs, outputs = _three(layer, layer.input_shape), _three(layer, layer.output_shape)
    fan_in = prod(layer.kernel.shape) // outputs[2]
    kind = "conv" if len(layer.kernel.shape) > 2 else "dense"
    return LayerShape(layer.name, kind, inputs, outputs, fan_in)


def _three(layer: Any, shape: tuple[int | None, ...]) -> tuple[int, int, int]:
    """(height, width, channels) of one sample; missing dimensions are 1."""
    sizes = [0 if size is None else int(size) for size in shape[1:]]
    if not 1 <= len(sizes) <= 3 or not all(sizes):
        raise ModelError(
            f"layer {layer.name}: expected samples of one to three known dimensions, "
            f"got {shape[1:]}"
        )
    height, width, channels = [1] * (3 - len(sizes)) + sizes
    return height, width, channels


def _side(layer: Any) -> int:
    """Side of a maximum pooling; one over the whole image counts by its height."""
    size = getattr(layer, "pool_size", None) or layer.input_shape[1]
    return int(size if isinstance(size, int) else size[0])
