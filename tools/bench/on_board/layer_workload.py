"""What tools.bench.layers runs on a board: the operators of a model, and some that few have.

Prints one line of JSON for each kernel set and operator: backend, code, p, instructions.
"""

import gc
import json
from array import array

import tinyclboard
from tinycl_rt import tcm
from tinycl_rt.kernels import choose
from tinycl_rt.model.backbone import Backbone
from tinycl_rt.model.channels import step as move
from tinycl_rt.model.float_ops import step
from tinycl_rt.model.graph import Operator
from tinycl_rt.model.loader import Model
from tinycl_rt.model.source import open_source

# Real-valued operators: code, channels, outputs, window. All on 6 x 6 values.
FLOATS = (
    (tcm.FLOAT_BCONV, 32, 32, 3),
    (tcm.FLOAT_SIGN, 32, 32, 1),
    (tcm.FLOAT_CONV, 8, 16, 3),
    (tcm.FLOAT_DEPTHWISE, 16, 16, 3),
    (tcm.FLOAT_COMBINE, 16, 16, 1),
    (tcm.FLOAT_SCALE, 16, 16, 1),
    (tcm.FLOAT_MAX, 16, 16, 2),
    (tcm.FLOAT_MEAN, 16, 16, 2),
)


def say(k, code, p, instructions):
    row = {"backend": k.NAME, "code": code, "p": list(p), "instructions": instructions}
    print(json.dumps(row))


def numbers(n):
    """Floats that are not all the same."""
    out = array("f", bytes(4 * n))
    for i in range(n):
        out[i] = (i % 7 - 3) / 4
    return out


def layers(k, model):
    """Each operator is what one more costs."""
    backbone = Backbone(model, k)
    pixels = bytes(model.input_bytes)
    backbone.run(pixels)
    before = 0
    for i in range(1, len(model.operators)):
        backbone.stop(i)
        gc.collect()
        total = tinyclboard.count(backbone.run, pixels)
        op = model.operators[i - 1]
        say(k, op.code, op.p, total - before)
        before = total
    backbone.stop()
    features = array("b", bytes(model.features))
    count = tinyclboard.count(backbone.count, backbone.latent, features)
    say(k, tcm.SUM_POOL, model.operators[-1].p, count)


def real(k):
    """Operators of floats."""
    floats = choose.floats(k)
    side, acc = 6, array("i", bytes(4 * 32))
    for code, c, oc, window in FLOATS:
        out, pad = side - window + 1, 1 if code == tcm.FLOAT_BCONV else 0
        p = (side, side, c, window, window, 1, 1, 0, 0, out, out, oc, pad, 0, 0)
        p = array("i", p)
        taps = oc * window * window * (1 if code == tcm.FLOAT_DEPTHWISE else c)
        bits = memoryview(bytearray(side * side * 4 * 2))
        x = memoryview(numbers(side * side * c))
        y = memoryview(array("f", bytes(4 * side * side * oc)))
        w = numbers(taps) if code in (tcm.FLOAT_CONV, tcm.FLOAT_DEPTHWISE) else None
        table = array("f", bytes(8 * oc if code == tcm.FLOAT_BCONV else 4 * oc))
        if code == tcm.FLOAT_BCONV:
            x, w = bits[: side * side * 4], bytes(taps // 8)
        if code == tcm.FLOAT_SIGN:
            y = bits[: side * side * 4]
        y = y[: p[9] * p[10] * oc] if code != tcm.FLOAT_SIGN else y
        gc.collect()
        op = Operator(code, 0, 1, p, w, table)
        say(k, code, p, tinyclboard.count(step, floats, op, x, x, y, acc))


def others(k):
    """Signs of pixels; operators that move values."""
    side, c = 6, 32
    p = array("i", (side, side, c, 1, 1, 1, 1, 0, 0, side, side, c, 0, 0, 0))
    pixels, y = bytes(side * side * c), bytearray(side * side * 4)
    table = array("i", bytes(4 * c))
    say(k, tcm.BINARISE, p, tinyclboard.count(k.binarise, p, pixels, table, y))
    for code in (tcm.TAKE, tcm.JOIN, tcm.FLOAT_TAKE, tcm.FLOAT_JOIN):
        channels = c if code in (tcm.TAKE, tcm.FLOAT_TAKE) else 2 * c
        p = array("i", (side, side, c, 1, 1, 1, 1, 0, 0, side, side, channels, 0, 0, 0))
        if code < tcm.FLOAT_TAKE:
            x, y = bytearray(side * side * 4), bytearray(side * side * channels // 8)
        else:
            x, y = (array("f", bytes(4 * side * side * n)) for n in (c, channels))
        x, y = memoryview(x), memoryview(y)
        gc.collect()
        op = Operator(code, 0, 1, p, None, None)
        say(k, code, p, tinyclboard.count(move, op, x, x, y))
    for code, channels, rows, size in (
        (tcm.MIRROR, 3, side, side * 3),
        (tcm.STACK, c, 2 * side, side * 4),
    ):
        p = (side, side, channels, 1, 1, 1, 1, 0, 0, rows, side, channels, 0, 0, 0)
        x, y = memoryview(bytearray(side * size)), memoryview(bytearray(rows * size))
        op = Operator(code, 0, 1, array("i", p), None, None)
        say(k, code, op.p, tinyclboard.count(move, op, x, x, y))


def run(path, names):
    model = Model(open_source(path))
    for name in names:
        k = choose.load(name)
        layers(k, model)
        real(k)
        others(k)
