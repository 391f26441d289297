"""What tools.bench.heads runs on a board: a head that has learned, and one more sample.

Prints one line of JSON: bytes of the head, and instructions of learn, predict and end.
"""

import gc
import json
from array import array

import tinyclboard
from lda_workloads import SAMPLES, value
from tinycl_rt.config import Config
from tinycl_rt.kernels import choose
from tinycl_rt.lib.integers import Rng


def fill_lda(head):
    """Class sums of 50 samples each, and rows that all hold something."""
    for i in range(len(head.rows)):
        head.rows[i] = 4 * value(i)
    for i in range(len(head.sums)):
        head.sums[i] = SAMPLES * value(i + 99)
    head.restored()
    head.numbers[1] = SAMPLES * head.classes
    head.numbers[2] = sum(head._energy) >> 6


def fill_cwr(head):
    """Weights so small that no error rounds to zero: every row is updated."""
    for i in range(len(head.tw)):
        head.tw[i] = 16 * value(i)


def run(kind, classes, features, rank):
    """Learn, predict and end."""
    config = Config(classes=classes, head=kind, rank=rank)
    kernels = choose.load("native")
    if config.head:
        from tinycl_rt.lda import Lda as Head
    else:
        from tinycl_rt.head import Head
    Head(config, 16, 127, kernels, Rng(1))  # loads what it needs
    gc.collect()
    before = gc.mem_alloc()
    head = Head(config, features, 127, kernels, Rng(1))
    gc.collect()
    size = gc.mem_alloc() - before
    head.begin(range(classes))
    for j in range(classes):
        head.past[j] = SAMPLES
    head.cur[0] = 2 * SAMPLES  # weights are made anew at 64 and 128 samples, not now
    (fill_lda if config.head else fill_cwr)(head)
    if config.head:
        head.refresh()
    head.x = array("b", map(value, range(features)))
    gc.collect()
    counts = {}
    head.count(0)
    counts["learn"] = tinyclboard.count(head.step, 0)
    counts["predict"] = tinyclboard.count(head.predict, False)
    gc.collect()
    counts["end"] = tinyclboard.count(head.end)
    print(json.dumps(dict(counts, head=kind, bytes=size)))
