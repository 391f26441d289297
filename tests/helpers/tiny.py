"""Small random models as .tcm bytes, without TensorFlow.

data = tiny_model()                       # 8 x 8 x 1 pixels, always the same bytes
data = compiled(random_program(seed=7))   # odd channels, strides, paddings, 1-D signals, ...
"""

import numpy as np
import numpy.typing as npt
from tinycl_rt import tcm

from helpers.geometry import by_position
from tinycl.compiler.arena import plan_memory
from tinycl.compiler.ir import Activation, Program, Step, Window, pack_bits
from tinycl.compiler.writer import write

__all__ = ["Sketch", "compiled", "deep_model", "random_program", "tiny_model"]

Shape = tuple[int, int, int]


class Sketch:
    """A program in the making: every call appends one operator with random constants.

    Thresholds lie where accumulators do, so that latents are a mix of both signs and depend on
    the pixels.
    """

    def __init__(self, shape: Shape, rng: np.random.Generator) -> None:
        self.rng = rng
        self.program = Program()
        self.program.add(Activation(tcm.PIXELS, shape, "pixels"))

    @property
    def shape(self) -> Shape:
        """Shape of the last activation."""
        return self.program.activations[-1].shape

    def conv8(self, oc: int, window: Window, same: bool = False, zero: int = 128) -> None:
        """An 8-bit convolution; ``zero`` is the pixel value that padding stands for."""
        window, out = _place(window, self.shape, same, oc)
        weights = self.rng.integers(-127, 128, (oc, window.kh, window.kw, self.shape[2]))
        spread = int(40 * np.sqrt(weights[0].size) * 75) + 1
        table = self.rng.integers(-spread, spread, oc, dtype=np.int32)
        self._emit(tcm.CONV8, out, window, weights.astype(np.int8), table, zero=zero)

    def binarise(self) -> None:
        """Signs of pixels, a threshold a channel."""
        table = self.rng.integers(60, 200, self.shape[2], dtype=np.int32)
        self._emit(tcm.BINARISE, self.shape, Window(), None, table)

    def bconv(self, oc: int, window: Window, same: bool = False, pad: int = 0) -> None:
        """A binary convolution; ``pad`` as in ``tinycl_rt.kernels.reference.core``."""
        window, out = _place(window, self.shape, same, oc)
        negative = self.rng.random((oc, window.kh, window.kw, self.shape[2])) < 0.5
        spread = max(1, int(0.7 * np.sqrt(negative[0].size)))
        starts, size = [], oc
        if pad == 2:
            starts, size = by_position(int(self.rng.integers(99)), *out)
        values = self.rng.integers(-spread, spread + 1, size - len(starts))
        table = np.array([*starts, *values], np.int32)
        self._emit(tcm.BCONV, out, window, pack_bits(negative), table, pad=pad)

    def bpool(self, window: Window, same: bool = False) -> None:
        """Max pooling of bits; about a third of the channels take the minimum."""
        c = self.shape[2]
        window, out = _place(window, self.shape, same, c)
        mask = pack_bits(self.rng.random(c) < 0.33)
        self._emit(tcm.BPOOL, out, window, None, mask)

    def count(self, grid: int) -> Program:
        """Close the program: signs summed over ``grid`` x ``grid`` cells."""
        h, w, c = self.shape
        gh, gw = min(grid, h), min(grid, w)
        cell = -(-h // gh) * -(-w // gw)
        source = len(self.program.activations) - 1
        target = self.program.add(Activation(tcm.COUNTS, (gh, gw, c), "features"))
        shift = max(0, cell.bit_length() - 7)
        self.program.steps.append(Step(tcm.SUM_POOL, source, target, shift=shift))
        return self.program

    def _emit(
        self,
        code: int,
        out: Shape,
        window: Window,
        weights: npt.NDArray[np.generic] | None,
        table: npt.NDArray[np.generic],
        pad: int = 0,
        zero: int = 0,
    ) -> None:
        source = len(self.program.activations) - 1
        target = self.program.add(Activation(tcm.BITS, out, f"bits {source}"))
        self.program.steps.append(Step(code, source, target, window, weights, table, pad, zero))


def _place(window: Window, shape: Shape, same: bool, oc: int) -> tuple[Window, Shape]:
    """The window with its padding, and the output shape, as TensorFlow has them."""
    h, w, _ = shape
    kh, kw, sh, sw = window.kh, window.kw, window.sh, window.sw
    if not same:
        return window, ((h - kh) // sh + 1, (w - kw) // sw + 1, oc)
    oh, ow = -(-h // sh), -(-w // sw)
    top = max((oh - 1) * sh + kh - h, 0) // 2
    left = max((ow - 1) * sw + kw - w, 0) // 2
    return Window(kh, kw, sh, sw, top, left), (oh, ow, oc)


def compiled(program: Program) -> bytes:
    """The program as a .tcm file."""
    return write(program, plan_memory(program), {"layers": [a.name for a in program.activations]})


def tiny_model(seed: int = 0) -> bytes:
    """8 x 8 x 1 pixels -> conv 3 x 3, 8 channels -> pool -> binary conv, 12 channels -> 48 counts.

    Small enough for the reference kernels to learn hundreds of samples a second.
    """
    sketch = Sketch((8, 8, 1), np.random.default_rng(seed))
    sketch.conv8(8, Window(3, 3), same=True)
    sketch.bpool(Window(2, 2, 2, 2))
    sketch.bconv(12, Window(3, 3), same=True, pad=1)
    return compiled(sketch.count(2))


def deep_model(seed: int = 0) -> bytes:
    """A tail of three binary layers: by position, a pooling behind it, without padding, 1 x 1."""
    sketch = Sketch((8, 8, 1), np.random.default_rng(seed))
    sketch.conv8(6, Window(3, 3), same=True)
    sketch.bconv(10, Window(3, 3), same=True, pad=2)
    sketch.bpool(Window(2, 2, 2, 2))
    sketch.bconv(34, Window(2, 2))
    sketch.bconv(12, Window(), pad=1)
    return compiled(sketch.count(2))


def random_program(seed: int) -> Program:
    """Any program that the compiler could have made, small: a few thousand accumulations."""
    rng = np.random.default_rng(seed)
    h, w, c = (int(n) for n in rng.integers(1, (10, 10, 5)))
    if rng.random() < 0.25:  # a signal: one row or one column
        h, w = (1, w + 8) if rng.random() < 0.5 else (h + 8, 1)
    sketch = Sketch((h, w, c), rng)
    if rng.random() < 0.7:
        zero = int(rng.choice([0, 128, -100, 255]))
        sketch.conv8(int(rng.integers(1, 40)), _window(rng, sketch.shape), _coin(rng), zero)
    else:
        sketch.binarise()
    for _ in range(int(rng.integers(0, 4))):
        if rng.random() < 0.4:
            sketch.bpool(_window(rng, sketch.shape), _coin(rng))
        else:
            pad = int(rng.integers(3))
            sketch.bconv(int(rng.integers(1, 70)), _window(rng, sketch.shape), _coin(rng), pad)
    return sketch.count(int(rng.integers(1, 4)))


def _coin(rng: np.random.Generator) -> bool:
    return bool(rng.random() < 0.5)


def _window(rng: np.random.Generator, shape: Shape) -> Window:
    kh, kw = (int(rng.integers(1, min(n, 4) + 1)) for n in shape[:2])
    sh, sw = (int(n) for n in rng.integers(1, 4, 2))
    return Window(kh, kw, sh, sw)
