"""What bench.kernels runs on a board of the heads that keep class sums.

Prints one line of JSON for each kernel: kernel, backend, instructions, macs.
"""

import gc
import json
from array import array

import tinyclboard
from tinycl_rt.config import LDA, Config
from tinycl_rt.kernels import choose
from tinycl_rt.lda import Lda, Zeros

FEATURES = 1024
SAMPLES = 50  # of each class


def value(i):
    """Numbers within +-127 that repeat on every board."""
    return (i * 40503 + (i * i >> 3)) % 255 - 127


def class_add(k):
    """Adds a sample to the sums of a class."""
    sums, x = array("i", Zeros(4 * FEATURES)), array("b", map(value, range(FEATURES)))
    count = tinyclboard.count(choose.lda(k).class_add, sums, 3, x, FEATURES)
    return FEATURES, count


def fold(k, rank):
    """Takes a sample into a covariance that fills its rows; an entry of a row for a MAC."""
    k = choose.lda(k)
    rows, energy = array("h", Zeros(rank * FEATURES)), array("i", bytes(4 * rank + 4))
    x = array("h", Zeros(FEATURES))
    for i in range(len(rows)):
        rows[i] = 4 * value(i)
    for i in range(rank):
        k.dots(rows, i, rows, i, 1, FEATURES, memoryview(energy)[i : i + 1])
    for i in range(FEATURES):
        x[i] = 16 * value(i + 99)
    count = tinyclboard.count(k.fold, rows, energy, x, rank, FEATURES)
    return rank * FEATURES, count


def refresh(k, features, rank, classes):
    """Makes the weights of all classes anew, with the Python around the kernels."""
    head = Lda(Config(classes=classes, head=LDA, rank=rank), features, 127, k)
    for i in range(len(head.rows)):
        head.rows[i] = 4 * value(i)
    for i in range(len(head.sums)):
        head.sums[i] = SAMPLES * value(i + 99)
    for j in range(classes):
        head.past[j] = SAMPLES
    head.restored()
    head.numbers[1] = SAMPLES * classes
    head.numbers[2] = sum(head._energy) >> 6
    gc.collect()
    count = tinyclboard.count(head.refresh)
    assert head._solver.used == rank
    return (rank * (rank + 1) // 2 + 2 * classes * rank) * features, count


WORK = (
    ("lda_fold_1024x32", fold, (32,)),
    ("lda_class_add_1024", class_add, ()),
)
NATIVE = (  # what other sets have no room or no time for
    ("lda_fold_1024x48", fold, (48,)),
    ("lda_refresh_512x32x10", refresh, (512, 32, 10)),
)


def run(backend):
    """Count each kernel of a set, if it loads."""
    try:
        k = choose.load(backend)
    except ValueError:
        return
    gc.threshold(4096)  # what lives stays low, and the rest in one piece
    for kernel, work, size in (NATIVE if k.NAME == "native" else ()) + WORK:
        gc.collect()
        macs, count = work(k, *size)
        print(
            json.dumps({"kernel": kernel, "backend": k.NAME, "instructions": count, "macs": macs})
        )
