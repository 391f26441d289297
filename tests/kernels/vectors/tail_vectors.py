"""Calls of the trainable tail's kernels, for ``make_vectors``."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import Any

import numpy as np
from helpers.geometry import Geometry, by_position, fill, packed
from tinycl_rt import tcm
from tinycl_rt.kernels.reference import core as reference
from tinycl_rt.kernels.reference import tail as reference_tail

SCRATCH = {"bconv_train": 8, "bconv_update": 7}

# h  w  c kh kw sh sw pt pl oh ow oc pad zero shift
LAYERS = (
    (2, 3, 33, 3, 3, 1, 1, 1, 1, 2, 3, 3, 1, 0, 0),
    (4, 3, 7, 2, 3, 2, 1, 1, 0, 2, 3, 4, 0, 0, 0),
    (3, 2, 5, 3, 2, 1, 1, 1, 0, 3, 2, 3, 2, 0, 0),
)
# rule, shift, a, b, limit, t_shift
RULES = (
    (0, 0, 3, 0, 127, 0),
    (1, 0, 1, 0, 127, 3),
    (1, 4, 1, 0, 127, 0),
    (1, 9, 1, 0, 32767, 8),
    (2, 1, 3, 9, 127, 0),
    (2, 0, 0, 2, 32767, 24),
)


class Kept(bytearray):
    """Bytes that a kernel changes, and whose contents before matter."""


def ints(code: str, seed: int, low: int, high: int, n: int) -> array:
    return array(code, fill(seed, "any", low, high, n).tolist())


def errors(seed: int, n: int) -> array:
    """Errors, a third of them 0."""
    values = fill(seed, "any", -127, 127, n)
    values[np.random.default_rng(seed).random(n) < 0.34] = 0
    return array("b", values.tolist())


def tail_cases(case: Callable[..., str]) -> list[str]:
    """Lines of the file; ``case`` makes one of a kernel's name and arguments."""
    found = []

    def add(name: str, *arguments: Any) -> None:
        found.append(case(name, *arguments, kernels=reference_tail, scratch=SCRATCH.get(name)))

    for seed, fields in enumerate(LAYERS):
        g = Geometry(*fields)
        n, size = seed + 1, g.oh * g.ow * g.oc
        x = packed(fill(seed, "any", 0, 1, (n * g.h * g.w, g.c)) > 0)
        w = packed(fill(seed + 9, "any", 0, 1, (g.oc, g.kh, g.kw, g.c)) > 0)
        t = ints("i", seed, -9, 9, g.oc)
        if g.pad == 2:
            starts, entries = by_position(seed, g.oh, g.ow, g.oc)
            t = array("i", starts) + ints("i", seed, -9, 9, entries - len(starts))
        out = n * g.oh * g.ow * tcm.words(g.oc)
        y, inside = bytearray(b"\xaa" * out), bytearray(b"\xaa" * out)
        add("bconv_train", g.p, n, x, w, t, 5, y, inside, array("i", bytes(4 * g.oc)))
        e = errors(seed, size)
        add("bconv_back", g.p, e, w, array("i", bytes(4 * g.h * g.w * g.c)))
        if seed:
            e = errors(seed + 5, n * size)
            for rule in RULES[seed - 1 :: 2]:
                code = "b" if rule[4] == 127 else "h"
                latent = ints(code, seed, -rule[4], rule[4], g.oc * g.kh * g.kw * g.c)
                row, rng = array("i", bytes(4 * g.kh * g.kw * g.c)), array("I", (4000000007,))
                arguments = latent, Kept(w), array("i", t), row, array("i", rule), rng
                add("bconv_update", g.p, n, x, e, *arguments)
    _errors(add)
    return found


def _errors(add: Callable[..., None]) -> None:
    w = ints("h", 1, -32767, 32767, 5 * 7)
    for shift, limit in ((8, 127), (4, 7), (0, 127)):
        g = array("h", [-127, 0, 5, 127, -1])
        add("head_back", w, g, array("i", bytes(28)), 5, 7, shift, limit)
    for seed, c in enumerate((33, 3)):
        inside = packed(fill(seed, "any", 0, 1, (9, c)) > 0)
        for bits in (inside, None)[: 1 + seed]:
            p = array("i", (3, 3, c, 1, 1, 1, 1, 0, 0, 2, 2, c, 0, 0, 0))
            f = ints("i", seed, -30000, 30000, 4 * c)
            add("unpool", p, f, 7, 127, bits, array("b", bytes(9 * c)))
            d = ints("i", seed, -900, 900, 9 * c)
            d[0], d[1] = 2**31 - 1, -(2**31)
            add("requantize", d, 9, c, 3, 31, bits, array("b", bytes(9 * c)))
            p = array("i", (3, 3, c, 2, 2, 2, 2, 0, 0, 2, 2, c, 0, 0, 0))
            x, y = packed(fill(seed + 7, "any", 0, 1, (9, c)) > 0), bytearray(4 * tcm.words(c))
            reference.bpool(p, x, packed(fill(seed, "any", 0, 1, (1, c)) > 0), y)
            add("bpool_back", p, x, bytes(y), errors(seed, 4 * c), bits, array("b", bytes(9 * c)))
