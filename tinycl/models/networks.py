"""The three networks of the edge-training paper, as plain data (2102.04270, section 6).

>>> from tinycl.models.networks import NETWORKS
>>> [shape.outputs[2] for shape in NETWORKS["mlp"].shapes()]
[256, 256, 256, 256, 10]
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

__all__ = ["NETWORKS", "LayerShape", "LayerSpec", "Network", "conv", "dense"]

Shape = tuple[int, int, int]


@dataclass(frozen=True)
class LayerSpec:
    """One binary layer: weights, maximum pooling, batch norm, and the sign that follows.

    Attributes
    ----------
    kind
        ``conv`` or ``dense``.
    units
        Output channels.
    kernel
        Side of the square convolution kernel.
    padding
        Of the convolution: ``valid`` or ``same``.
    pool
        Side and stride of the maximum pooling between weights and batch norm; 1 is none.
    """

    kind: str
    units: int
    kernel: int = 1
    padding: str = "valid"
    pool: int = 1


@dataclass(frozen=True)
class LayerShape:
    """What one layer of a network sees for each sample.

    Attributes
    ----------
    inputs, outputs
        (height, width, channels) before and after the weights; the output is not yet pooled.
    fan_in
        Weights of one output channel.
    pool
        Side and stride of the pooling that follows; 1 is none.
    """

    name: str
    kind: str
    inputs: Shape
    outputs: Shape
    fan_in: int
    pool: int = 1

    @property
    def weights(self) -> int:
        """Number of weights."""
        return self.fan_in * self.outputs[2]

    @property
    def pooled(self) -> Shape:
        """Output after pooling, what the batch norm sees."""
        height, width, channels = self.outputs
        return height // self.pool, width // self.pool, channels


@dataclass(frozen=True)
class Network:
    """A chain of binary layers; the last one gives the logits, through its batch norm.

    Attributes
    ----------
    input_shape
        (height, width, channels) of a sample.
    """

    name: str
    input_shape: Shape
    layers: tuple[LayerSpec, ...]

    def shapes(self) -> list[LayerShape]:
        """Follow a sample through the layers."""
        shapes: list[LayerShape] = []
        shape = self.input_shape
        for number, layer in enumerate(self.layers, 1):
            if layer.kind == "dense":
                shape = (1, 1, prod(shape))
            height, width, channels = shape
            lost = layer.kernel - 1 if layer.padding == "valid" else 0
            outputs = (height - lost, width - lost, layer.units)
            fan_in = layer.kernel**2 * channels
            name = f"{layer.kind}{number}"
            shapes.append(LayerShape(name, layer.kind, shape, outputs, fan_in, layer.pool))
            shape = shapes[-1].pooled
        return shapes


def conv(units: int, pool: int = 1, padding: str = "valid") -> LayerSpec:
    """A 3 x 3 convolution."""
    return LayerSpec("conv", units, 3, padding, pool)


def dense(units: int) -> LayerSpec:
    """A fully connected layer."""
    return LayerSpec("dense", units)


_MLP = Network("mlp", (28, 28, 1), (*[dense(256)] * 4, dense(10)))
_CNV = Network(
    "cnv",
    (32, 32, 3),
    (
        conv(64),
        conv(64, pool=2),
        conv(128),
        conv(128, pool=2),
        conv(256),
        conv(256),
        dense(512),
        dense(512),
        dense(10),
    ),
)
_BINARYNET = Network(
    "binarynet",
    (32, 32, 3),
    (
        *[conv(n, pool, "same") for n in (128, 256, 512) for pool in (1, 2)],
        dense(1024),
        dense(1024),
        dense(10),
    ),
)

NETWORKS = {network.name: network for network in (_MLP, _CNV, _BINARYNET)}
"""By name: the MLP for MNIST, CNV and BinaryNet for CIFAR-10 and SVHN."""
