"""Models without weights, for learners that train every layer themselves; no TensorFlow here.

A board's classifier is the learner's head, so a network's last layer is left out. Pixels become
bits: 1 below 128.

>>> from tinycl.compiler.untrained import UNTRAINED, untrained
>>> len(untrained("mlp-small"))  # doctest: +SKIP
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from tinycl_rt import tcm

from tinycl.compiler.arena import plan_memory
from tinycl.compiler.ir import Activation, Program, Step, Window, words
from tinycl.compiler.writer import write
from tinycl.exceptions import ModelError
from tinycl.models.networks import NETWORKS, LayerSpec, Network, dense

__all__ = ["UNTRAINED", "untrained"]

_SMALL = Network("mlp-small", (8, 8, 1), tuple(dense(n) for n in (64, 64, 64, 10)))

UNTRAINED = {network.name: network for network in (*NETWORKS.values(), _SMALL)}
"""By name: those of the edge-training paper, and ``mlp-small`` for small boards."""


def untrained(name: str) -> bytes:
    """A network as a compiled model, all weights +1.

    Parameters
    ----------
    name
        Of `UNTRAINED`.

    Returns
    -------
    bytes
        A .tcm file.

    Raises
    ------
    ModelError
        There is no network of that name.
    """
    if name not in UNTRAINED:
        raise ModelError(f"no built-in model {name!r}: choose one of {', '.join(UNTRAINED)}")
    network = UNTRAINED[name]
    program = Program()
    program.add(Activation(tcm.PIXELS, network.input_shape, "pixels"))
    h, w, c = network.input_shape
    flat = network.layers[0].kind == "dense"
    shape = (1, 1, h * w * c) if flat else network.input_shape
    _add(program, tcm.BINARISE, shape, "signs", table=np.full(shape[2], 128, np.int32))
    for number, layer in enumerate(network.layers[:-1], 1):
        _layer(program, layer, f"{layer.kind}{number}")
    features = program.activations[-1].shape[2]
    program.activations.append(Activation(tcm.COUNTS, (1, 1, features), "features"))
    last = len(program.activations) - 1
    program.steps.append(Step(tcm.SUM_POOL, last - 1, last))
    layers = [activation.name for activation in program.activations]
    return write(program, plan_memory(program), {"name": name, "layers": layers})


def _layer(program: Program, layer: LayerSpec, name: str) -> None:
    """Weights, and maximum pooling behind their signs."""
    h, w, c = program.activations[-1].shape
    if layer.kind == "dense":  # its window is the whole image
        window, out = Window(h, w), (1, 1, layer.units)
    else:
        k = layer.kernel
        border = k // 2 if layer.padding == "same" else 0
        window = Window(k, k, 1, 1, border, border)
        lost = k - 1 - 2 * border
        out = (h - lost, w - lost, layer.units)
    weights = np.zeros((layer.units, window.kh, window.kw, words(c)), np.uint8)
    table = np.zeros(layer.units, np.int32)
    _add(program, tcm.BCONV, out, name, window, weights, table, pad=1)
    if layer.pool > 1:
        pooled = (out[0] // layer.pool, out[1] // layer.pool, out[2])
        window = Window(layer.pool, layer.pool, layer.pool, layer.pool)
        mask = np.zeros(words(out[2]), np.uint8)
        _add(program, tcm.BPOOL, pooled, f"pool of {name}", window, table=mask)


def _add(
    program: Program,
    code: int,
    shape: tuple[int, int, int],
    name: str,
    window: Window | None = None,
    weights: npt.NDArray[np.uint8] | None = None,
    table: npt.NDArray[np.int32] | npt.NDArray[np.uint8] | None = None,
    pad: int = 0,
) -> None:
    source = len(program.activations) - 1
    target = program.add(Activation(tcm.BITS, shape, name))
    program.steps.append(Step(code, source, target, window or Window(), weights, table, pad))
