"""What bench_kernels.py runs on a board: fixed work for every kernel set.

Prints one line of JSON for each kernel and set: kernel, backend, instructions, macs.
"""

import gc
import json
from array import array

import tinyclboard
from tinycl_rt import kernels
from tinycl_rt.config import Config
from tinycl_rt.head import Head
from tinycl_rt.rng import Rng


def noise(n):
    """Bytes that repeat on every board."""
    out = bytearray(n)
    state = 12345
    for i in range(n):
        state = (state * 1103515245 + 12345) & 0x3FFFFFFF
        out[i] = (state >> 16) & 255
    return out


def bconv(side, kernel, channels, outputs):
    """Binary convolution, padding same with +1."""
    edge = kernel // 2
    p = (side, side, channels, kernel, kernel, 1, 1, edge, edge, side, side, outputs, 1, 0, 0)
    p = array("i", p)
    x = noise(side * side * channels // 8)
    w = noise(outputs * kernel * kernel * channels // 8)
    t, acc = array("i", bytes(4 * outputs)), array("i", bytes(4 * outputs))
    y = bytearray(side * side * outputs // 8)
    macs = side * side * kernel * kernel * channels * outputs
    return macs, lambda k: tinyclboard.count(k.bconv, p, x, w, t, y, acc)


def conv8(side, channels, outputs):
    """First layer: 3x3, padding same with zeros."""
    p = array("i", (side, side, channels, 3, 3, 1, 1, 1, 1, side, side, outputs, 0, 128, 0))
    x, w = noise(side * side * channels), array("b", noise(outputs * 9 * channels))
    t, acc = array("i", bytes(4 * outputs)), array("i", bytes(4 * outputs))
    y = bytearray(side * side * outputs // 8)
    macs = side * side * 9 * channels * outputs
    return macs, lambda k: tinyclboard.count(k.conv8, p, x, w, t, y, acc)


def make_head(k, classes, features):
    """A head with weights so small that no error rounds to zero: every row is updated."""
    head = Head(Config(classes=classes), features, 127, k, Rng(1))
    values = noise(classes * features)
    for i in range(classes * features):
        head.tw[i] = 16 * (values[i] - 128)
    values = noise(features)
    for i in range(features):
        head.x[i] = values[i] % 255 - 127
    gc.collect()
    return head


def head_kernels(classes, features):
    """The kernel of ``Head.step`` as it is called there: logits, softmax error, update."""

    def run(k):
        head = make_head(k, classes, features)
        head._k = work = _Recorder(k)
        head.step(3)
        assert min(abs(e) for e in head._g) > 0
        return work.instructions

    return 2 * classes * features, run


def head_step(classes, features):
    """``Head.step`` with the Python code around its kernel: predict and learn."""

    def run(k):
        return tinyclboard.count(make_head(k, classes, features).step, 3)

    return 2 * classes * features, run


class _Recorder:
    """A kernel set that counts what the head calls."""

    def __init__(self, k):
        self.k = k

    def head_step(self, *a):
        self.instructions = tinyclboard.count(self.k.head_step, *a)


WORK = (
    ("binary_conv_3x3_64_64", bconv, (8, 3, 64, 64)),
    ("binary_conv_3x3_128_64", bconv, (4, 3, 128, 64)),
    ("binary_conv_1x1_64_64", bconv, (8, 1, 64, 64)),
    ("first_conv_8bit", conv8, (8, 3, 32)),
    ("head_step_256x10", head_step, (10, 256)),
    ("head_kernels_256x10", head_kernels, (10, 256)),
)


def run(names):
    """Count each kernel of each set that loads."""
    for backend in names:
        try:
            k = kernels.load(backend)
        except ValueError:
            continue
        for kernel, make, size in WORK:
            macs, work = make(*size)
            gc.collect()  # not while it is counted
            row = {"kernel": kernel, "backend": k.NAME, "instructions": work(k), "macs": macs}
            print(json.dumps(row))
