"""Start a training from a backbone of the zoo: in Keras again, its last layers go on learning."""

from typing import Any

import numpy as np
import numpy.typing as npt
from tinycl_rt import tcm
from tinycl_rt.kernels.numpy.core import unpack
from tinycl_rt.model.graph import Operator
from tinycl_rt.model.loader import Model

from tinycl.keras import import_tensorflow
from tinycl.models.backbone import build_backbone
from tinycl.zoo import model

__all__ = ["make_adaptable", "zoo_backbone"]

tf: Any = import_tensorflow()

_LATENT = 0.1  # magnitude of latent weights: some tens of steps of Adam change a sign
_SAMPLES = 500  # that show how sums of a layer are spread

Pixels = npt.NDArray[np.uint8]


def zoo_backbone(name: str) -> Any:
    """A backbone of the zoo as a Keras model that gives the same bits.

    Parameters
    ----------
    name
        Of the zoo, and of its design in `tinycl.models.designs`.

    Returns
    -------
    tf.keras.Model
        As of `tinycl.models.backbone.build_backbone`. A threshold t on integer sums became a
        batch norm of variance 1 and mean t - 1/2, which no rounding of floats reaches.
    """
    compiled = Model(model(name))
    backbone = build_backbone(compiled.input_shape, name)
    for index, op in enumerate(_convolutions(compiled)):
        middle = np.array(op.table, np.float64) - 0.5
        if op.code == tcm.CONV8:
            *_, zero, _ = op.p
            kernel = _integers(op) / 127
            # The compiled layer takes pixels less its zero point, the one in Keras less 128.
            middle = middle / 127 - (128 - zero) * kernel.sum(axis=(0, 1, 2))
        else:
            kernel = _signs(op) * _LATENT
        backbone.get_layer(f"conv{index}").set_weights([kernel.astype(np.float32)])
        norm = backbone.get_layer(f"norm{index}")
        variance = np.full(len(middle), 1 - norm.epsilon)
        norm.set_weights([w.astype(np.float32) for w in (0 * middle, middle, variance)])
    return backbone


def make_adaptable(backbone: Any, layers: int, x: Pixels) -> None:
    """Freeze all but the last binary layers, in place; their bits stay what they are.

    Parameters
    ----------
    backbone
        Of `zoo_backbone`.
    layers
        How many binary layers learn.
    x
        Training samples. Gradients pass a sign only near 0, so what a batch norm gives has to
        have a variance of 1 over samples: its shift makes up for that.
    """
    convs = [layer for layer in backbone.layers if layer.name.startswith("conv")]
    learning = range(len(convs) - layers, len(convs))
    for layer in backbone.layers:
        index = layer.name[4:]
        layer.trainable = index.isdecimal() and int(index) in learning
    for index in learning:
        norm = backbone.get_layer(f"norm{index}")
        sums = tf.keras.Model(backbone.input, norm.input)
        found = sums.predict(x[:_SAMPLES].astype(np.float32), batch_size=100, verbose=0)
        mean, variance = (f(found, axis=(0, 1, 2), dtype=np.float64) for f in (np.mean, np.var))
        _, middle, _ = norm.get_weights()
        beta = (mean - middle) / np.sqrt(variance + norm.epsilon)
        norm.set_weights([w.astype(np.float32) for w in (beta, mean, variance)])


def _convolutions(compiled: Model) -> list[Operator]:
    return [op for op in compiled.operators if op.code in (tcm.CONV8, tcm.BCONV)]


def _integers(op: Operator) -> npt.NDArray[np.int64]:
    """Weights of the first layer, (rows, columns, in, out)."""
    _, _, c, kh, kw, *_ = op.p
    return np.array(op.weights, np.int64).reshape(-1, kh, kw, c).transpose(1, 2, 3, 0)


def _signs(op: Operator) -> npt.NDArray[np.float32]:
    """Weights of a binary layer, -1 or 1, (rows, columns, in, out)."""
    _, _, c, kh, kw, *_ = op.p
    packed = np.frombuffer(bytes(op.weights), np.uint8).reshape(-1, kh, kw, tcm.words(c))
    return unpack(packed, c).transpose(1, 2, 3, 0)
