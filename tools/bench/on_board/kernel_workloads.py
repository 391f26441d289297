"""What tools.bench.kernels runs on a board: fixed work for every kernel set.

Prints one line of JSON for each kernel and set: kernel, backend, instructions, macs.
"""

import gc
import json
from array import array

import tail_workloads
import tinyclboard
from tinycl_rt.config import Config
from tinycl_rt.head import Head
from tinycl_rt.kernels import choose
from tinycl_rt.lib.integers import Rng


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
        head._kl = work = _Recorder(choose.cwr(k))
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


def floats(n):
    """Numbers between -1 and 1."""
    return array("f", [(v - 128) / 128 for v in noise(n)])


def float_conv(side, channels, outputs):
    """3x3, padding same with zeros."""
    p = array("i", (side, side, channels, 3, 3, 1, 1, 1, 1, side, side, outputs, 0, 0, 1))
    x, w, t = floats(side * side * channels), floats(outputs * 9 * channels), floats(outputs)
    y = array("f", bytes(4 * side * side * outputs))
    macs = side * side * 9 * channels * outputs
    return macs, lambda k: tinyclboard.count(choose.floats(k).conv, p, x, w, t, y)


def float_bconv(side, channels, outputs):
    """Binary 3x3, padding same with +1, scaled."""
    p = array("i", (side, side, channels, 3, 3, 1, 1, 1, 1, side, side, outputs, 1, 0, 1))
    x, w = noise(side * side * channels // 8), noise(outputs * 9 * channels // 8)
    t, acc = floats(2 * outputs), array("i", bytes(4 * outputs))
    y = array("f", bytes(4 * side * side * outputs))
    macs = side * side * 9 * channels * outputs
    return macs, lambda k: tinyclboard.count(choose.floats(k).bconv, p, x, w, t, y, acc)


def float_scale(side, channels):
    """Product with a constant a channel."""
    p = array("i", (side, side, channels, 1, 1, 1, 1, 0, 0, side, side, channels, 2, 0, 0))
    x, t = floats(side * side * channels), floats(channels)
    macs = side * side * channels
    return macs, lambda k: tinyclboard.count(choose.floats(k).scale, p, x, t, x)


def softmax(classes):
    """Of one position."""
    p = array("i", (1, 1, classes, 1, 1, 1, 1, 0, 0, 1, 1, classes, 0, 0, 0))
    x, y = floats(classes), floats(classes)
    return classes, lambda k: tinyclboard.count(choose.floats(k).softmax, p, x, y)


def tail(part, channels, *rule):
    """A kernel of the trainable tail: forward, back or update; no error is 0."""
    gc.threshold(4096)  # what lives stays low, and the rest in one piece
    layer = tail_workloads.Layer(channels)
    return layer.macs, lambda k: getattr(layer, part)(k, *rule)


WORK = (
    ("binary_conv_3x3_64_64", bconv, (8, 3, 64, 64)),
    ("binary_conv_3x3_128_64", bconv, (4, 3, 128, 64)),
    ("binary_conv_1x1_64_64", bconv, (8, 1, 64, 64)),
    ("first_conv_8bit", conv8, (8, 3, 32)),
    ("head_step_256x10", head_step, (10, 256)),
    ("head_kernels_256x10", head_kernels, (10, 256)),
    ("tail_forward_3x3_64_64", tail, ("forward", 64)),
    ("tail_back_3x3_64_64", tail, ("back", 64)),
    ("tail_update_3x3_64_64", tail, ("update", 64)),
    ("tail_update_sign_3x3_64_64", tail, ("update", 64, tail_workloads.SIGN)),
    ("tail_update_bop_3x3_64_64", tail, ("update", 64, tail_workloads.BOP)),
)
REAL = (
    ("float_conv_3x3_8_8", float_conv, (8, 8, 8)),
    ("float_bconv_3x3_64_64", float_bconv, (4, 64, 64)),
    ("float_scale_64", float_scale, (4, 64)),
    ("float_softmax_10", softmax, (10,)),
)


def run(backend):
    """Count each kernel of a set, if it loads."""
    try:
        k = choose.load(backend)
    except ValueError:
        return
    real = REAL if choose.floats(k).NAME == k.NAME else ()
    for kernel, make, size in WORK + real:
        macs, work = make(*size)
        gc.collect()  # not while it is counted
        row = {"kernel": kernel, "backend": k.NAME, "instructions": work(k), "macs": macs}
        print(json.dumps(row))
        work = None  # its buffers make room for the next
        gc.collect()
