"""Kernels of class sums and sketches: every set that is here gives the reference's integers."""

import unittest
from array import array

from test_tail import MANY, Agreement, allocate_at_most, present, refuse_short_buffers
from test_viper import STRICT, Numbers
from tinycl_rt.kernels.reference import lda as ref
from tinycl_rt.lib.integers import isqrt
from vector_check import check

SETS = present("lda")
with_sets = unittest.skipUnless(SETS, "needs viper or a native module")
with_sets_or_strict = unittest.skipUnless(SETS or STRICT, "needs two sets, or CircuitPython")
MOST = 8191
FEATURES = (1, 7, 15, 16, 17, 31, 33, 64)


def energies(rows, rank, d):
    """Dots of rows with themselves, and a place for that of x."""
    energy, out = array("i", bytes(4 * rank + 4)), array("i", (0,))
    for k in range(rank):
        ref.dots(rows, k, rows, k, 1, d, out)
        energy[k] = out[0]
    return energy


class LdaAgreement(Agreement):
    every = [ref] + SETS  # noqa: RUF005


@with_sets_or_strict
class TestLda(LdaAgreement):
    def test_class_add(self):
        for seed in range(0, 24, MANY):
            r = Numbers(seed)
            d, n = r.one_of(FEATURES), r.between(1, 4)
            sums = r.ints("i", n * d, -(1 << 28), 1 << 28)
            x = r.ints("b", d, -128, 127)
            self.agree("class_add", (sums, r.below(n), x, d), (0,), seed)

    def test_residual(self):
        for seed in range(0, 36, MANY):
            r = Numbers(seed)
            d, rows, top = r.one_of(FEATURES), r.between(1, 3), r.one_of((1, 7, 127))
            n = r.one_of((1, 2, 77, 5000, 1 << 20))
            sums = r.ints("i", rows * d, -top * n, top * n)
            x, out = r.ints("b", d, -top, top), r.ints("h", rows * d, -9, 9)
            bits, reach = 0, 2 * top * n
            while reach >> bits:
                bits += 1
            pre, factor = max(0, bits - 15), r.between(-(1 << 15), 1 << 15)
            n, shift = r.one_of((n, 0)), r.one_of((0, 1, 9, 15, 30))
            limit = r.one_of((4095, 32767))
            row, to = r.below(rows), r.below(rows)
            arguments = (sums, row, x, out, to, d, n, pre, factor, shift, limit)
            self.agree("residual", arguments, (3,), (seed, arguments[6:]))

    def test_dots(self):
        for seed in range(0, 24, MANY):
            r = Numbers(seed)
            d, n, rows = r.one_of(FEATURES), r.between(0, 5), r.between(1, 3)
            a, b = r.ints("h", rows * d, -MOST, MOST), r.ints("h", (n + 1) * d, -MOST, MOST)
            out = array("i", bytes(4 * n + 4))
            self.agree("dots", (a, r.below(rows), b, r.below(2), n, d, out), (6,), seed)

    def test_fold(self):
        for seed in range(0, 60, MANY):
            r = Numbers(seed)
            d, rank = r.one_of(FEATURES), r.one_of((1, 2, 3, 5))
            high, reach = r.one_of((3, 100, 4095, MOST)), r.one_of((1, 100, 4095, MOST))
            used = r.between(0, rank)
            rows = r.ints("h", used * d, -high, high)
            rows.extend(array("h", bytes(2 * (rank - used) * d)))
            x = r.ints("h", d, -reach, reach)
            arguments = (rows, energies(rows, rank, d), x, rank, d)
            self.agree("fold", arguments, (0, 1, 2), seed)

    def test_fold_many(self):
        """A sketch of the largest rank, out of one class after another."""
        r, d, rank = Numbers(9), 16, 64
        rows, energy = array("h", bytes(2 * rank * d)), array("i", bytes(4 * rank + 4))
        for k in range(12):
            x = r.ints("h", d, -900, 900)
            self.agree("fold", (rows, energy, x, rank, d), (0, 1, 2), k)
            ref.fold(rows, energy, x, rank, d)

    def test_cuts(self):
        for at in range(0, 33, MANY):
            for sign in (1, -1):
                x, rows = array("h", [9] * 33), array("h", [8] * 66)
                x[at], rows[at], rows[33 + at] = MOST, sign * MOST, -MOST
                arguments = (rows, energies(rows, 2, 33), x, 2, 33)
                self.agree("fold", arguments, (0, 1, 2), (at, sign))

    def test_mix(self):
        for seed in range(0, 48, MANY):
            r = Numbers(seed)
            d, n, count = r.one_of(FEATURES), r.between(1, 3), r.between(0, 6)
            up = r.one_of((0, 2, 9, 17))
            w = r.ints("h", n * d, -(MOST >> max(0, up - 16)), MOST >> max(0, up - 16))
            rows = r.ints("h", count * d, -MOST, MOST)
            share = (1 << 17) // (count or 1)
            factors = r.ints("i", count, -share, share) if count else array("i", (5,))
            shift, limit = r.one_of((0, 1, 9, 17, 28)), r.one_of((4095, MOST, 32767, 0))
            arguments = (w, r.below(n), rows, factors, count, d, up, shift, limit)
            self.agree("mix", arguments, (0,), (seed, up, shift))

    def test_solve(self):
        for seed in range(0, 18, MANY):
            r = Numbers(seed)
            rank, d = r.between(1, 7), 24
            rows = r.ints("h", rank * d, -MOST, MOST)
            dots, energy = array("i", bytes(4 * rank)), energies(rows, rank, d)
            roots = array("i", [isqrt((energy[i] + 9) << 8) for i in range(rank)])
            factor = array("h", bytes(rank * (rank + 1)))
            for i in range(rank):
                ref.dots(rows, i, rows, 0, rank, d, dots)
                self.agree("factor_row", (factor, roots, dots, i), (0,), (seed, i))
                ref.factor_row(factor, roots, dots, i)
            y = r.ints("i", rank, -(1 << 22), 1 << 22)
            self.agree("solve", (factor, roots, y, rank), (2,), seed)
            self.agree("solve_back", (factor, roots, y, rank), (2,), seed)

    def test_vectors(self):
        for k in self.every:
            self.assertGreater(check(k, file="lda.jsonl"), 15)


def calls():
    """Good arguments of every kernel, and which of them are buffers that are measured."""
    d = 20
    sums, x = array("i", bytes(12 * d)), array("b", bytes(d))
    rows, row, some = array("h", bytes(6 * d)), array("h", [5] * d), array("i", (3, 2, 1, 0))
    return {
        "class_add": ((sums, 2, x, d), (0, 2)),
        "residual": ((sums, 2, x, rows, 2, d, 5, 3, -77, 9, 4095), (0, 2, 3)),
        "dots": ((rows, 2, rows, 1, 2, d, some[:2]), (0, 2, 6)),
        "fold": ((rows, some, row, 3, d), (0, 1, 2)),
        "mix": ((rows, 2, rows, some[:3], 3, d, 4, 4, MOST), (0, 2, 3)),
        "factor_row": ((array("h", [9] * 6), array("i", [20] * 3), some[:2], 2), (0, 1, 2)),
        "solve": ((array("h", [9] * 6), array("i", [20] * 3), some[:3], 3), (0, 1, 2)),
        "solve_back": ((array("h", [9] * 6), array("i", [20] * 3), some[:3], 3), (0, 1, 2)),
    }


@with_sets
class TestLdaChecks(unittest.TestCase):
    def test_short_buffers(self):
        refuse_short_buffers(self, SETS, calls())

    def test_numbers_that_are_none(self):
        for k in SETS:
            for name, (good, _) in calls().items():
                for i in range(len(good)):
                    if type(good[i]) is int:
                        for value in (-40000, 40000, 1 << 24):
                            if value == 40000 and (name, i) == ("residual", 6):
                                continue  # samples of a class
                            bad = list(good)
                            bad[i] = value
                            with self.assertRaises(ValueError):
                                getattr(k, name)(*bad)

    def test_a_call_allocates_next_to_nothing(self):
        for k in SETS:
            measured = calls()
            if k.NAME == "viper":  # has the reference's, with big integers
                for name in ("factor_row", "solve", "solve_back"):
                    del measured[name]
            allocate_at_most(self, k, measured, 128 if k.NAME == "native" else 1024)


if __name__ == "__main__":
    unittest.main()
