"""Calls of the kernels of class sums, for ``make_vectors``."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import Any

from helpers.geometry import fill
from tinycl_rt.kernels.reference import lda as reference_lda


def ints(code: str, seed: int, low: int, high: int, n: int) -> array:
    return array(code, fill(seed, "any", low, high, n).tolist())


def lda_cases(case: Callable[..., str]) -> list[str]:
    """Lines of the file; ``case`` makes one of a kernel's name and arguments."""
    found = []

    def add(name: str, *arguments: Any) -> None:
        found.append(case(name, *arguments, kernels=reference_lda))

    for seed, d in enumerate((3, 19)):
        sums, x = ints("i", seed, -(2**24), 2**24, 2 * d), ints("b", seed, -127, 127, d)
        add("class_add", array("i", sums), 1, x, d)
        for n, factor, shift in ((2**18, 20000, 15), (0, -31000, 14)):
            out = array("h", bytes(4 * d))
            add("residual", sums, 1, x, out, seed % 2, d, n, 11, factor, shift, 4095)
        rows, one = ints("h", seed, -8191, 8191, 3 * d), ints("h", seed + 9, -8191, 8191, d)
        add("dots", one, 0, rows, 1, 2, d, array("i", (0, 0)))
        for up, shift, limit in ((17, 17, 8191), (2, 0, 32767)):
            factors = array("i", (2**16, -(2**15), 77))
            add("mix", array("h", one), 0, rows, factors, 3, d, up, shift, limit)
        energy = array("i", bytes(16))
        for k in range(2):
            reference_lda.dots(rows, k, rows, k, 1, d, memoryview(energy)[k:])
        add("fold", rows, energy, one, 3, d)  # cuts entries, and leaves the last row as it is
        rows[2 * d :], energy[2] = array("h", bytes(2 * d)), 0
        add("fold", rows, energy, ints("h", seed, -900, 900, d), 3, d)
    dots, roots = (array("i", (900, 100)), array("i", (70, 40, 50)))
    factor = array("h", (16384, -3000, 16000, 7, 7, 7))
    add("factor_row", factor, roots, dots, 2)
    y = array("i", (100, -700, 2**20))
    add("solve", factor, roots, y, 3)
    add("solve_back", factor, roots, y, 3)
    return found
