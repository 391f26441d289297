"""Compiled models of the sizes that ``tinycl train --size`` makes, with random weights.

What takes memory and time depends on shapes alone: nothing has to be trained to measure it.
"""

from __future__ import annotations

import numpy as np
from tinycl_rt import tcm

from tinycl.compiler.arena import plan_memory
from tinycl.compiler.ir import Activation, Program, Step, Window, pack_bits
from tinycl.compiler.writer import write
from tinycl.models.architecture import ConvSpec, choose_architecture, feature_grid

__all__ = ["synthetic_model"]


def synthetic_model(shape: tuple[int, int, int], size: str, seed: int = 0) -> bytes:
    """Return a .tcm file for pixels of `shape` (height, width, channels).

    Parameters
    ----------
    shape : tuple of int
    size : str
        Flash budget: one of ``tinycl.models.architecture.SIZES``.
    seed : int
        Of the weights.

    Raises
    ------
    ModelError
        Unknown size, or a shape that no backbone fits.
    """
    rng = np.random.default_rng(seed)
    program = Program()
    program.add(Activation(tcm.PIXELS, shape, "pixels"))
    planned = choose_architecture(shape, size)
    for number, (conv, width) in enumerate(zip(planned.convs, planned.widths, strict=True)):
        _convolution(program, conv, width, rng)
        if conv.pool != (1, 1):
            c = program.activations[-1].shape[2]
            mask = pack_bits(rng.random(c) < 0.3)
            window = Window(*conv.pool, *conv.pool)
            _add(program, tcm.BPOOL, (*conv.size, c), f"pool {number}", window, None, mask)
    latent = program.activations[-1].shape
    grid = feature_grid(latent)
    cell = -(-latent[0] // grid[0]) * -(-latent[1] // grid[1])
    source = len(program.activations) - 1
    target = program.add(Activation(tcm.COUNTS, (*grid, latent[2]), "features"))
    shift = max(0, cell.bit_length() - 7)
    program.steps.append(Step(tcm.SUM_POOL, source, target, shift=shift))
    return write(program, plan_memory(program), {"layers": [a.name for a in program.activations]})


def _convolution(program: Program, conv: ConvSpec, width: int, rng: np.random.Generator) -> None:
    h, w, c = program.activations[-1].shape
    kh, kw = conv.kernel
    top, left = (conv.conv_size[0] + kh - 1 - h) // 2, (conv.conv_size[1] + kw - 1 - w) // 2
    first = len(program.activations) == 1
    weights = rng.integers(-127, 128, (width, kh, kw, c)).astype(np.int8)
    spread = int(np.sqrt(weights[0].size) * (40 * 75 if first else 0.7)) + 1
    table = rng.integers(-spread, spread, width, dtype=np.int32)
    _add(
        program,
        tcm.CONV8 if first else tcm.BCONV,
        (*conv.conv_size, width),
        f"conv {len(program.activations)}",
        Window(kh, kw, 1, 1, top, left),
        weights if first else pack_bits(weights < 0),
        table,
        zero=128 if first else 0,
    )


def _add(
    program: Program,
    code: int,
    shape: tuple[int, int, int],
    name: str,
    window: Window,
    weights: np.ndarray | None,
    table: np.ndarray,
    zero: int = 0,
) -> None:
    source = len(program.activations) - 1
    target = program.add(Activation(tcm.BITS, shape, name))
    pad = int(code == tcm.BCONV)
    program.steps.append(Step(code, source, target, window, weights, table, pad, zero))
