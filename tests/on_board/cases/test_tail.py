"""Kernels of the trainable tail: every set that is here gives the reference's integers."""

import sys
import unittest
from array import array

try:
    from test_viper import STRICT, Case, Numbers, words
    from tinycl_rt.kernels import choose
    from tinycl_rt.kernels.reference import core as plain
    from tinycl_rt.kernels.reference import tail as ref
    from vector_check import check
except ImportError:  # started without the runtime and the vectors
    choose, STRICT = None, False


def present(kind):
    """The sets of kernels of a kind, such as "tail", that are here beside the reference."""
    found = []
    for name in ("viper", "native") if choose else ():
        try:
            k = getattr(choose, kind)(choose.load(name))
        except ValueError as reason:
            print(reason)
            continue
        assert name == k.NAME, k.NAME
        found.append(k)
    return found


def refuse_short_buffers(test, sets, calls):
    """Good calls, by name with the places of their buffers, need all of each buffer."""
    for k in sets:
        for name, (good, buffers) in calls.items():
            getattr(k, name)(*good)
            for i in buffers:
                bad = list(good)
                bad[i] = good[i][: len(good[i]) - 1]
                with test.assertRaises(ValueError):
                    getattr(k, name)(*bad)


def allocate_at_most(test, kernels, calls, limit):
    """None of some good calls takes more of the heap."""
    import gc

    for name, (good, _) in calls.items():
        function = getattr(kernels, name)
        function(*good)  # makes scratch memory
        gc.collect()
        gc.disable()
        before = gc.mem_alloc()
        function(*good)
        used = gc.mem_alloc() - before
        gc.enable()
        test.assertLessEqual(used, limit, kernels.NAME + " " + name)


SETS = present("tail")
with_runtime = unittest.skipUnless(choose, "needs tinycl_rt and tests/vectors")
with_sets = unittest.skipUnless(SETS, "needs viper or a native module")
with_sets_or_strict = unittest.skipUnless(SETS or STRICT, "needs two sets, or CircuitPython")
TOP = 0x7FFFFFFF
MANY = 1 if sys.platform == "linux" else 6  # emulated boards try one of this many


def ints(n):
    return array("i", bytes(4 * n))


def small(r, n, share=2):
    """Errors; one in ``share`` is 0."""
    e = r.ints("b", n, -127, 127)
    for i in range(n):
        if r.below(share) == 0:
            e[i] = 0
    return e


def by_position(r, g):
    """Thresholds of pad 2."""
    sets = r.between(1, 3)
    starts = [g.oh + g.ow + g.oc * r.below(sets) for _ in range(g.oh)]
    starts += [g.oc * r.below(sets) for _ in range(g.ow)]
    t = array("i", starts)
    t.extend(r.thresholds(g.oc * (2 * sets - 1), 12))
    return t


def layer(r, channels=(1, 8, 31, 32, 33, 64, 70), outputs=(1, 7, 32, 33)):
    """A geometry with a window of at most 3, its thresholds and number of images."""
    g = Case(r, channels, outputs, (1, 2, 3))
    g.p[12] = r.below(3)
    g.n = r.between(1, 3)
    g.t = by_position(r, g) if g.p[12] == 2 else r.thresholds(g.oc, 12)
    return g


class Agreement(unittest.TestCase):
    every = ([ref] if choose else []) + SETS

    def agree(self, name, arguments, outputs, note):
        """The sets leave the same in the outputs, each in its own, and return the same."""
        wanted = None
        for k in self.every:
            mine = list(arguments)
            for i in outputs:
                mine[i] = mine[i][:]
            returned = getattr(k, name)(*mine)
            wanted = wanted or (mine, returned)
            same = all(mine[i] == wanted[0][i] for i in outputs) and returned == wanted[1]
            self.assertTrue(same, f"{name} of {k.NAME}, {note}")


@with_sets_or_strict
class TestTail(Agreement):
    def test_bconv_train(self):
        for seed in range(0, 40, MANY):
            r = Numbers(seed)
            g = layer(r)
            x, w = r.packed(g.n * g.h * g.w, g.c), r.packed(g.oc * g.taps, g.c)
            y = bytearray(b"\xaa" * (g.n * g.oh * g.ow * words(g.oc)))
            half = r.one_of((0, 1, 5, 24, 1 << 28))
            arguments = (g.p, g.n, x, w, g.t, half, y, y, ints(g.oc))
            self.agree("bconv_train", arguments, (6, 7), seed)

    def test_head_back(self):
        for seed in range(0, 20, MANY):
            r = Numbers(seed)
            n, d, qb, qf = r.between(1, 12), r.between(1, 40), r.between(8, 16), r.between(4, 8)
            top = 1 << (qb - 1)
            w, g = r.ints("h", n * d, -top, top - 1), r.ints("h", n, -128, 127)
            g[r.below(n)] = 0
            limit = (1 << (qf - 1)) - 1
            self.agree("head_back", (w, g, ints(d), n, d, qb - qf, limit), (2,), seed)

    def test_unpool(self):
        for seed in range(0, 25, MANY):
            r = Numbers(seed)
            h, w, c = r.between(1, 7), r.between(1, 7), r.one_of((1, 8, 31, 33))
            gh, gw = r.between(1, h), r.between(1, w)
            p = array("i", (h, w, c, 1, 1, 1, 1, 0, 0, gh, gw, c, 0, 0, 0))
            f = self.wide(r, gh * gw * c)
            inside = r.packed(h * w, c) if r.below(3) else None
            e = array("b", bytes(h * w * c))
            self.agree("unpool", (p, f, r.one_of((0, 1, 7, 24)), 127, inside, e), (5,), seed)

    def wide(self, r, n):
        """Any int32; on boards these are long integers, so not all of them."""
        f = r.ints("i", n, -100000, 100000)
        f[0] = r.one_of((TOP, -TOP - 1, 0))
        return f

    def test_requantize(self):
        for seed in range(0, 25, MANY):
            r = Numbers(seed)
            cells, c = r.between(1, 9), r.one_of((1, 8, 31, 33, 64))
            inside = r.packed(cells, c) if r.below(3) else None
            e = array("b", bytes(cells * c))
            shift, limit = r.one_of((0, 1, 5, 9, 24)), r.one_of((7, 127, 0))
            arguments = (self.wide(r, cells * c), cells, c, shift, limit, inside, e)
            self.agree("requantize", arguments, (6,), seed)

    def test_bpool_back(self):
        for seed in range(0, 30, MANY):
            r = Numbers(seed)
            g = Case(r, (1, 8, 31, 32, 33), (1,), (1, 2, 3))
            g.p[5], g.p[6] = g.kh + r.below(2), g.kw + r.below(2)
            g.p[9], g.p[10] = (g.h + g.p[7]) // g.p[5] + 1, (g.w + g.p[8]) // g.p[6] + 1
            g.oh, g.ow = g.p[9], g.p[10]
            g.p[11] = g.c
            x, y = r.packed(g.h * g.w, g.c), g.output(g.c)
            plain.bpool(g.p, x, r.packed(1, g.c), y)
            inside = r.packed(g.h * g.w, g.c) if r.below(3) else None
            f, e = small(r, g.oh * g.ow * g.c), array("b", bytes(g.h * g.w * g.c))
            self.agree("bpool_back", (g.p, x, y, f, inside, e), (5,), seed)

    def test_bconv_back(self):
        for seed in range(0, 25, MANY):
            r = Numbers(seed)
            g = layer(r)
            e, w = small(r, g.oh * g.ow * g.oc), r.packed(g.oc * g.taps, g.c)
            self.agree("bconv_back", (g.p, e, w, ints(g.h * g.w * g.c)), (3,), seed)

    def test_bconv_back_of_many_channels(self):
        for oc in (250, 251, 300):
            r = Numbers(oc)
            p = array("i", (1, 2, 33, 1, 1, 1, 1, 0, 0, 1, 2, oc, 1, 0, 0))
            e = array("b", bytes([129 if r.below(99) else 1 for _ in range(2 * oc)]))
            for fill in (0, 255):
                w = bytearray(bytes([fill]) * (8 * oc))
                self.agree("bconv_back", (p, e, w, ints(66)), (3,), oc)

    def test_bconv_update(self):
        for seed in range(0, 40, MANY):
            r = Numbers(seed)
            g = layer(r, (1, 8, 31, 33, 40), (1, 3, 7))
            x, w = r.packed(g.n * g.h * g.w, g.c), r.packed(g.oc * g.taps, g.c)
            e = small(r, g.n * g.oh * g.ow * g.oc)
            self.update(r, g, x, e, w, seed)

    def update(self, r, g, x, e, w, seed):
        kind, wide = seed % 3, r.below(2)
        limit = 32767 if wide else 127
        latent = r.ints("h" if wide else "b", g.oc * g.taps * g.c, -limit - 1, limit)
        shift, near = r.one_of((0, 1, 5, 9, 24)), r.one_of((0, 1, 4, 15))
        t_shift = r.one_of((0, 0, 1, 6, 24))
        rule = array("i", (kind, shift, near, r.below(limit), limit, t_shift))
        rng = array("I", (r.one_of((1, 77777, 0xFFFFFFFF, 0x87654321)),))
        row = ints(g.taps * g.c)
        arguments = (g.p, g.n, x, e, latent, w, g.t, row, rule, rng)
        self.agree("bconv_update", arguments, (4, 5, 6, 9), (seed, list(rule)))

    def test_bconv_update_of_many_positions(self):
        for seed, side in enumerate((7, 9) if MANY == 1 else (7,)):
            r = Numbers(seed)
            g = layer(r)
            g.p = array("i", (side, side, 33, 1, 2, 1, 1, 0, 0, side, side, 2, seed, 0, 0))
            g.c, g.oc, g.taps, g.n, g.t = 33, 2, 2, 6, r.thresholds(2, 9)
            n = g.n * side * side
            x, e = bytearray(b"\xff" * (8 * n)), array("b", bytes([129] * (2 * n)))
            self.update(r, g, x, e, r.packed(4, 33), seed)


@with_runtime
class TestTailVectors(unittest.TestCase):
    def test_vectors(self):
        for k in Agreement.every:
            self.assertGreater(check(k, file="tail.jsonl"), 15)


def calls():
    """Good arguments of every kernel, and which of them are buffers that are measured."""
    p = array("i", (3, 4, 33, 2, 2, 1, 1, 0, 0, 2, 3, 5, 1, 0, 0))
    q = array("i", (4, 4, 33, 1, 1, 1, 1, 0, 0, 2, 2, 33, 0, 0, 0))
    pool = array("i", (4, 4, 33, 2, 2, 2, 2, 0, 0, 2, 2, 33, 0, 0, 0))
    x, w, t = bytearray(2 * 12 * 8), bytearray(5 * 4 * 8), ints(5)
    y, e, e5 = bytearray(2 * 6 * 4), array("b", bytes(16 * 33)), array("b", bytes(2 * 6 * 5))
    bits, rule = bytearray(16 * 8), array("i", (1, 3, 1, 9, 127, 2))
    rows, g, row = array("h", bytes(60)), array("h", (1, 2, 3)), ints(4 * 33)
    latent = array("b", bytes(5 * 4 * 33))
    return {
        "bconv_train": ((p, 2, x, w, t, 5, y, bytearray(48), ints(5)), (0, 2, 3, 4, 6, 7, 8)),
        "head_back": ((rows, g, ints(10), 3, 10, 8, 127), (0, 1, 2)),
        "unpool": ((q, ints(4 * 33), 7, 127, bits, e), (0, 1, 4, 5)),
        "bconv_back": ((p, e5[:30], w, ints(12 * 33)), (0, 1, 2, 3)),
        "requantize": ((ints(16 * 33), 16, 33, 4, 127, bits, e), (0, 5, 6)),
        "bpool_back": ((pool, bits, bits[:32], e[: 4 * 33], bits, e), range(6)),
        "bconv_update": (
            (p, 2, x, e5, latent, w, t, row, rule, array("I", (1,))),
            (0, 2, 3, 4, 5, 6, 7, 8, 9),
        ),
    }


@with_sets
class TestTailChecks(unittest.TestCase):
    def test_short_buffers(self):
        refuse_short_buffers(self, SETS, calls())

    def test_dimensions_that_are_none(self):
        for k in SETS:
            for name, (good, _) in calls().items():
                for i in range(len(good)):
                    if type(good[i]) is int and (name, i) not in PLAIN:
                        for value in (0, -1, -7, 40000, 1 << 24):
                            bad = list(good)
                            bad[i] = value
                            with self.assertRaises(ValueError):
                                getattr(k, name)(*bad)

    def test_geometries_that_are_none(self):
        for k in SETS:
            for name, (good, _) in calls().items():
                if len(good[0]) != 15:
                    continue
                for i in range(12):
                    for value in (-40000, 40000, -1):
                        p = good[0][:]
                        p[i] = value
                        with self.assertRaises(ValueError):
                            getattr(k, name)(p, *good[1:])

    def test_pools_that_overlap(self):
        for k in SETS:
            good = calls()["bpool_back"][0]
            p = good[0][:]
            p[5] = 1
            with self.assertRaises(ValueError):
                k.bpool_back(p, *good[1:])

    def test_a_call_allocates_next_to_nothing(self):
        for k in SETS:
            allocate_at_most(self, k, calls(), 96 if k.NAME == "native" else 1024)


# Numbers that are no dimensions: half; shift and limit.
PLAIN = (
    ("bconv_train", 5),
    ("head_back", 5),
    ("head_back", 6),
    ("unpool", 2),
    ("unpool", 3),
    ("requantize", 3),
    ("requantize", 4),
)


if __name__ == "__main__":
    unittest.main()
