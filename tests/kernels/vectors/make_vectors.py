"""Write the vectors anew from the reference kernels: in tests/,

    python -m kernels.vectors.make_vectors

This is needed when a kernel's meaning changes on purpose; a test compares the files with it.
"""

import json
from array import array
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from helpers.geometry import Geometry, by_position, fill, packed
from helpers.tiny import tiny_model
from kernels.vectors.lda_vectors import lda_cases
from kernels.vectors.tail_vectors import tail_cases
from kernels.vectors.vector_check import learn
from tinycl_rt import tcm
from tinycl_rt.config import Config
from tinycl_rt.kernels.reference import core as reference
from tinycl_rt.learner import Learner
from tinycl_rt.lib.integers import exp_table
from tinycl_rt.model.loader import Model

HERE = Path(__file__).parent

SCRATCH = {"conv8": 5, "bconv": 5}
"""Arguments whose contents do not matter afterwards."""


def written(argument: Any, is_output: bool = False) -> Any:
    """An argument, or what became of it, as ``vector_check`` describes."""
    if type(argument) is bytearray and not is_output:
        return ["y", len(argument)]
    if isinstance(argument, bytes | bytearray):
        return argument.hex()
    if not isinstance(argument, array):
        return argument
    if argument == exp_table():
        return "lut"
    return argument.tolist() if is_output else [argument.typecode, *argument]


def case(
    name: str, *arguments: Any, kernels: ModuleType = reference, scratch: int | None = None
) -> str:
    """Run the reference kernel, and note what it changed; a line of the file."""
    scratch = SCRATCH.get(name, scratch)
    given = [written(a) for a in arguments]
    before = [written(a, True) for a in arguments]
    returned = getattr(kernels, name)(*arguments)
    after = [written(a, True) for a in arguments]
    left = [[i, after[i]] for i in range(len(after)) if after[i] != before[i] and i != scratch]
    return json.dumps([name, given, left, returned], separators=(",", ":"))


def ints(code: str, seed: int, low: int, high: int, n: int) -> array:
    return array(code, fill(seed, "any", low, high, n).tolist())


def rubbish(size: int) -> bytearray:
    return bytearray(b"\xaa" * size)


def backbone_cases() -> list[str]:
    """Odd channels, strides, paddings, one row; buffers of the output start as rubbish."""
    found = []
    shapes = [
        # h  w   c kh kw sh sw pt pl oh ow  oc pad zero shift
        (4, 5, 3, 3, 3, 1, 1, 1, 1, 4, 5, 8, 0, 128, 0),
        (5, 4, 1, 2, 3, 2, 1, 0, 1, 2, 4, 33, 0, -20, 0),
        (1, 9, 2, 1, 3, 1, 2, 0, 0, 1, 4, 5, 0, 0, 0),
    ]
    for seed, fields in enumerate(shapes):
        g = Geometry(*fields)
        x = fill(seed, "any", 0, 255, g.h * g.w * g.c).astype(np.uint8).tobytes()
        w = ints("b", seed, -127, 127, g.oc * g.kh * g.kw * g.c)
        t = ints("i", seed, -20000, 20000, g.oc)
        y = rubbish(g.oh * g.ow * tcm.words(g.oc))
        found.append(case("conv8", g.p, x, w, t, y, array("i", bytes(4 * g.oc))))
        y = rubbish(g.h * g.w * tcm.words(g.c))
        found.append(case("binarise", g.p, x, ints("i", seed, 0, 256, g.c), y))
    shapes = [
        (4, 4, 32, 3, 3, 1, 1, 1, 1, 4, 4, 9, 1, 0, 0),
        (3, 5, 7, 3, 2, 2, 1, 1, 0, 2, 4, 10, 0, 0, 0),
        (4, 4, 40, 1, 1, 2, 2, 0, 0, 2, 2, 40, 0, 0, 0),
        (1, 8, 33, 1, 4, 1, 3, 0, 1, 1, 3, 3, 1, 0, 0),
        (3, 3, 64, 3, 3, 1, 1, 0, 0, 1, 1, 6, 0, 0, 0),
        (3, 4, 5, 3, 3, 1, 1, 1, 1, 3, 4, 6, 2, 0, 0),
    ]
    for seed, fields in enumerate(shapes):
        g = Geometry(*fields)
        x = packed(fill(seed, "any", 0, 1, (g.h, g.w, g.c)) > 0)
        w = packed(fill(seed + 9, "any", 0, 1, (g.oc, g.kh, g.kw, g.c)) > 0)
        t = ints("i", seed, -9, 9, g.oc)
        if g.pad == 2:
            starts, size = by_position(seed, g.oh, g.ow, g.oc)
            t = array("i", starts) + ints("i", seed, -9, 9, size - len(starts))
        y = rubbish(g.oh * g.ow * tcm.words(g.oc))
        found.append(case("bconv", g.p, x, w, t, y, array("i", bytes(4 * g.oc))))
        mask = packed(fill(seed, "any", 0, 1, (1, g.c)) > 0)
        y = rubbish(g.oh * g.ow * tcm.words(g.c))
        found.append(case("bpool", g.p, x, mask, y))
        for gh, gw, shift in ((1, 1, 0), (g.h, 1, 1), ((g.h + 1) // 2, min(3, g.w), 0)):
            cells = Geometry(g.h, g.w, g.c, 1, 1, 1, 1, 0, 0, gh, gw, g.c, 0, 0, shift)
            found.append(case("sum_pool", cells.p, x, array("b", bytes(gh * gw * g.c))))
    return found


def largest_sums() -> list[str]:
    """All bits differ, and pixels at an end of their range: thresholds at the sums and beside."""
    found = []
    for words in (2, 7, 8, 9, 18):
        n = 32 * words
        g = Geometry(1, 1, n, 1, 1, 1, 1, 0, 0, 1, 1, 2, 0, 0, 0)
        x, w, t = bytes(4 * words), b"\xff" * (8 * words), array("i", (-n, 1 - n))
        found.append(case("bconv", g.p, x, w, t, rubbish(4), array("i", (0, 0))))
    g = Geometry(1, 3, 64, 1, 1, 1, 1, 0, 0, 1, 3, 3, 0, 0, 0)
    x = b"\xff" * 64 + bytes(64) + b"\xff" * 64
    w = array("b", [-128] * 64 + [127] * 64 + [-128] * 64)
    t = array("i", (-128 * 255 * 64, 127 * 255 * 64, 1 - 128 * 255 * 64))
    found.append(case("conv8", g.p, x, w, t, rubbish(12), array("i", (0, 0, 0))))
    return found


def head_cases() -> list[str]:
    """Widths of bits, saturation, left shifts, labels outside, random rounding."""
    found = []
    n, d = 5, 7
    x = array("b", [127, -127, 0, -1, 64, -3, 77])
    lut = exp_table()
    for seed, (qf, qb) in enumerate([(8, 16), (4, 8), (6, 12)]):
        top = 2 ** (qb - 1) - 1
        w = ints("h", seed, -top, top, n * d)
        limit = 2 ** (qf - 1) - 1
        found.append(case("head_forward", w, x, array("i", bytes(4 * n)), n, d, qb - qf, limit))
        for label in (0, 4, -1, 5):
            acc = ints("i", seed + label + 1, -(2**16), 2**16, n)
            g = array("h", bytes(2 * n))
            found.append(case("softmax_error", acc, lut, g, n, label, 3 * seed, 8 - seed))
        steps = ((9, None), (9, 1), (3, 4000000007), (0, 5), (-4, None), (22, 99))
        for shift, word in steps if seed == 0 else steps[:2]:
            rng = None if word is None else array("I", [word])
            g = array("h", [-127, 0, 5, 127, -1])
            found.append(case("head_update", array("h", w), g, x, n, d, shift, top, rng))
        for label, shift, word in ((1, 9, None), (4, 5, 77)):
            p = array("i", (n, d, qb - qf, limit, 8 - seed, 8 - seed, shift, top))
            rng = None if word is None else array("I", [word])
            acc, g = array("i", bytes(4 * n)), array("h", bytes(2 * n))
            found.append(case("head_step", p, array("h", w), x, acc, g, lut, rng, label))
        found.append(case("head_sum", w, 3, d))
        for avg, keep in ((0, 0), (-321, 16384), (777, 32768), (12, 9999))[seed:]:
            cw, tw = array("h", w), ints("h", seed + 20, -top, top, n * d)
            found.append(case("head_merge", cw, tw, 2, d, avg, keep, top))
    extreme = array("i", [2**29, -(2**29), 2**29 - 1])
    found.append(case("softmax_error", extreme, lut, array("h", bytes(6)), 3, 2, 0, 8))
    return found


RUNS: tuple[dict[str, int], ...] = (
    {"classes": 4, "head": 1},
    {"classes": 4, "head": 2, "rank": 3},
    {"classes": 4, "head": 0, "replay_slots": 6},
    {"classes": 4, "head": 0, "replay_slots": 6, "policy": 0, "stochastic": 1, "seed": 7},
    {"classes": 4, "head": 0, "replay_slots": 6, "policy": 1, "qf": 6, "qb": 12, "gbits": 6},
    {"classes": 4, "head": 0, "replay_slots": 3, "policy": 3, "lr_shift": 0},
    {"classes": 4, "replay_slots": 0, "method": 1},
)


def learning() -> dict[str, Any]:
    """A model, settings, and the fingerprint of what is learned with each."""
    model, runs = Model(tiny_model()), []
    for given in RUNS:
        learner = Learner(model, Config(**given), reference)
        learn(learner)
        runs.append([given, learner.fingerprint()])
    return {"model": tiny_model().hex(), "runs": runs}


def files() -> dict[str, str]:
    """Names and contents of the files."""
    lines = [*backbone_cases(), *largest_sums(), *head_cases()]
    return {
        "kernels.jsonl": "".join(line + "\n" for line in lines),
        "lda.jsonl": "".join(line + "\n" for line in lda_cases(case)),
        "tail.jsonl": "".join(line + "\n" for line in tail_cases(case)),
        "learning.json": json.dumps(learning()) + "\n",
    }


if __name__ == "__main__":
    for name, text in files().items():
        (HERE / name).write_text(text)
