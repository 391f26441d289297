"""The viper kernels give the reference's integers, over random shapes with fixed seeds."""

import sys
import unittest
from array import array

from tinycl_rt.kernels.reference import core as ref

# CircuitPython refuses a value that does not fit. The reference is tried alone there, in place of
# viper: its values must fit.
STRICT = sys.implementation.name == "circuitpython"
try:
    from tinycl_rt.kernels.viper import core as viper
except (ImportError, SyntaxError):
    viper = ref if STRICT else None

on_viper = unittest.skipUnless(viper and not STRICT, "needs MicroPython with viper")
on_viper_or_strict = unittest.skipUnless(viper, "needs MicroPython with viper, or CircuitPython")

ENDS = (0, 127, 128, 255)


class Numbers:
    """The same numbers on every board."""

    def __init__(self, seed):
        self.state = seed * 2654435 + 12345 & 0x3FFFFFFF

    def below(self, n):
        self.state = (self.state * 1103515245 + 12345) & 0x3FFFFFFF
        return (self.state >> 8) % n

    def between(self, low, high):
        return low + self.below(high - low + 1)

    def one_of(self, values):
        return values[self.below(len(values))]

    def bytes(self, n):
        """Bytes of one style: anything, the two ends, or all the same."""
        style = self.below(4)
        one = self.one_of(ENDS)
        out = bytearray(n)
        for i in range(n):
            out[i] = one if style == 0 else self.one_of(ENDS) if style == 1 else self.below(256)
        return out

    def ints(self, code, n, low, high):
        style = self.below(4)
        if style == 0:
            return array(code, [self.one_of((low, high)) for _ in range(n)])
        return array(code, [self.between(low, high) for _ in range(n)])

    def packed(self, pixels, channels):
        """Packed bits: those behind the last channel are 0."""
        x = self.bytes(pixels * words(channels))
        row = words(channels)
        for i in range(pixels):
            for k in range(channels, 8 * row):
                x[i * row + (k >> 3)] &= 255 ^ 1 << (k & 7)
        return x

    def thresholds(self, n, bound):
        ends = (-0x7FFFFFFF - 1, 0x7FFFFFFF)
        t = array("i", [self.between(-bound, bound) for _ in range(n)])
        if self.below(3) == 0:
            t[self.below(n)] = self.one_of(ends)
        return t


def words(channels):
    return (channels + 31) // 32 * 4


class Case:
    """A convolution's or a pooling's geometry; one in five is one-dimensional."""

    def __init__(self, r, channels, outputs, kernels=(1, 2, 3, 3, 5)):
        self.h, self.w = r.between(1, 6), r.between(1, 6)
        self.kh, self.kw = r.one_of(kernels), r.one_of(kernels)
        if r.below(5) == 0:
            self.h, self.w, self.kw = r.between(4, 12), 1, 1
        self.c, self.oc = r.one_of(channels), r.one_of(outputs)
        sh, sw = r.between(1, 3), r.between(1, 3)
        pt, pl = r.below(self.kh), r.below(self.kw)
        self.oh = (self.h + 2 * pt - self.kh) // sh + 1 if self.h + 2 * pt >= self.kh else 1
        self.ow = (self.w + 2 * pl - self.kw) // sw + 1 if self.w + 2 * pl >= self.kw else 1
        self.taps = self.kh * self.kw
        zero = r.between(-255, 255) if r.below(2) else 128
        self.p = array("i", (self.h, self.w, self.c, self.kh, self.kw, sh, sw, pt, pl))
        self.p.extend(array("i", (self.oh, self.ow, self.oc, r.below(2), zero, 0)))

    def output(self, channels):
        return bytearray(b"\xaa" * (self.oh * self.ow * words(channels)))


@on_viper_or_strict
class TestLayers(unittest.TestCase):
    def both(self, name, case, arguments, y):
        """Call both kernels; ``y`` is one of ``arguments``, shared, so copied in between."""
        fill = -86 if isinstance(y, array) else 0xAA
        for i in range(len(y)):
            y[i] = fill
        getattr(viper, name)(*arguments)
        found = bytes(y)
        for i in range(len(y)):
            y[i] = 0x55
        getattr(ref, name)(*arguments)
        self.assertEqual(found, bytes(y), name + " on " + repr(case))

    def test_bconv(self):
        for seed in range(60):
            r = Numbers(seed)
            g = Case(r, (1, 8, 31, 32, 33, 64, 70), (1, 7, 32, 33, 64))
            x, w = r.packed(g.h * g.w, g.c), r.packed(g.oc * g.taps, g.c)
            t, y = r.thresholds(g.oc, 12), g.output(g.oc)
            self.both("bconv", g.p, (g.p, x, w, t, y, array("i", bytes(4 * g.oc))), y)

    def test_bconv_with_thresholds_by_position(self):
        for seed in range(30):
            r = Numbers(seed)
            g = Case(r, (1, 33, 64), (1, 7, 32, 33))
            g.p[12] = 2
            sets = r.between(1, 3)
            starts = [g.oh + g.ow + g.oc * r.below(sets) for _ in range(g.oh)]
            starts += [g.oc * r.below(sets) for _ in range(g.ow)]
            t = array("i", starts)
            t.extend(r.thresholds(g.oc * (2 * sets - 1), 12))
            x, w = r.packed(g.h * g.w, g.c), r.packed(g.oc * g.taps, g.c)
            y = g.output(g.oc)
            self.both("bconv", g.p, (g.p, x, w, t, y, array("i", bytes(4 * g.oc))), y)

    def test_bconv_of_long_windows(self):
        for seed, (c, k) in enumerate(((288, 3), (96, 7), (4096, 1), (1500, 1), (576, 1))):
            for fill in (0, 255, None):
                r = Numbers(seed)
                p = array("i", (k, k, c, k, k, 1, 1, k // 2, k // 2, 1, 2, 3, seed & 1, 0, 0))
                x, w = r.packed(k * k, c), r.packed(3 * k * k, c)
                if fill is not None:  # all bits differ, or none
                    x = bytearray(len(x))
                    for i in range(len(w)):
                        w[i] = fill
                y = bytearray(8)
                t = array("i", (-1, 0, 1))
                self.both("bconv", p, (p, x, w, t, y, array("i", (0, 0, 0))), y)

    def test_conv8(self):
        for seed in range(60):
            r = Numbers(seed)
            g = Case(r, (1, 2, 3, 3, 4), (1, 7, 32, 33))
            x = r.bytes(g.h * g.w * g.c)
            w = array("b", r.bytes(g.oc * g.taps * g.c))
            t, y = r.thresholds(g.oc, 20000), g.output(g.oc)
            self.both("conv8", g.p, (g.p, x, w, t, y, array("i", bytes(4 * g.oc))), y)

    def test_conv8_at_the_ends_of_int32(self):
        n = 32896 if sys.platform == "linux" else 64 * 30  # as many as the memory takes
        p = array("i", (64, 1, n // 64, 64, 1, 1, 1, 0, 0, 1, 1, 1, 0, -255, 0))
        x, w = bytes([255]) * n, array("b", bytes([128]) * n)
        for top in (-n * 510 * 128, -n * 510 * 128 + 1):
            y = bytearray(4)
            self.both("conv8", p, (p, x, w, array("i", (top,)), y, array("i", (0,))), y)

    def test_binarise(self):
        for seed in range(30):
            r = Numbers(seed)
            h, w, c = r.between(1, 4), r.between(1, 4), r.one_of((1, 3, 32, 33, 65))
            p = array("i", (h, w, c, 1, 1, 1, 1, 0, 0, h, w, c, 0, 0, 0))
            y = bytearray(h * w * words(c))
            self.both("binarise", p, (p, r.bytes(h * w * c), r.thresholds(c, 256), y), y)

    def test_bpool(self):
        for seed in range(50):
            r = Numbers(seed)
            g = Case(r, (1, 8, 31, 32, 33, 64, 70), (1,))
            g.p[11] = g.c
            x, m, y = r.packed(g.h * g.w, g.c), r.packed(1, g.c), g.output(g.c)
            self.both("bpool", g.p, (g.p, x, m, y), y)

    def test_sum_pool(self):
        for seed in range(50):
            r = Numbers(seed)
            h, w, c = r.between(1, 9), r.between(1, 9), r.one_of((1, 15, 16, 17, 32, 33, 48, 64))
            gh, gw, shift = r.between(1, h), r.between(1, w), r.one_of((0, 0, 1, 2, 15))
            p = array("i", (h, w, c, 1, 1, 1, 1, 0, 0, gh, gw, c, 0, 0, shift))
            y = array("b", bytes(gh * gw * c))
            self.both("sum_pool", p, (p, r.packed(h * w, c), y), y)

    def test_sum_pool_of_large_cells(self):
        sides = (16, 20, 40) + ((257,) if sys.platform == "linux" else ())
        for side in sides:
            c = 2 if side > 30 else 33
            x = Numbers(side).packed(side * side, c)
            p = array("i", (side, side, c, 1, 1, 1, 1, 0, 0, 1, 1, c, 0, 0, side // 6))
            y = array("b", bytes(c))
            self.both("sum_pool", p, (p, x, y), y)

    def test_words_at_odd_addresses(self):
        r = Numbers(1)
        p = array("i", (3, 3, 40, 3, 3, 1, 1, 1, 1, 3, 3, 33, 1, 0, 0))
        x, w = r.packed(9, 40), r.packed(33 * 9, 40)
        y = memoryview(bytearray(9 * 8 + 1))[1:]
        odd = memoryview(bytearray(1) + w)[1:]
        t, acc = r.thresholds(33, 12), array("i", bytes(132))
        self.both("bconv", p, (p, x, odd, t, y, acc), y)
        p[11] = 40
        self.both("bpool", p, (p, x, odd, y), y)


@on_viper_or_strict
class TestHead(unittest.TestCase):
    def test_forward(self):
        for seed in range(40):
            r = Numbers(seed)
            n, d = r.between(1, 12), r.between(1, 40)
            qb, qf = r.between(8, 16), r.between(4, 8)
            top = 1 << (qb - 1)
            w, x = r.ints("h", n * d, -top, top - 1), r.ints("b", d, -128, 127)
            found, wanted = array("i", bytes(4 * n)), array("i", bytes(4 * n))
            limit = (1 << (qf - 1)) - 1
            best = viper.head_forward(w, x, found, n, d, qb - qf, limit)
            first = ref.head_forward(w, x, wanted, n, d, qb - qf, limit)
            self.assertEqual((list(found), best), (list(wanted), first), seed)

    def test_forward_of_sums_beyond_31_bits(self):
        w, x = array("h", [32767] * 600), array("b", [-127] * 600)
        for limit in (32767, 25000):
            found, wanted = array("i", (0,)), array("i", (0,))
            viper.head_forward(w, x, found, 1, 500, 0, limit)
            ref.head_forward(w, x, wanted, 1, 500, 0, limit)
            self.assertEqual(found[0], wanted[0])

    def test_the_first_of_equal_logits_is_the_best(self):
        x, acc = array("b", (1,)), array("i", bytes(16))
        rows = ((0, (5, 5, 4, 5)), (1, (-9, 0, -1, 0)), (3, (-3, -3, -3, -2)), (0, (-7,) * 4))
        for best, w in rows:
            self.assertEqual(viper.head_forward(array("h", w), x, acc, 4, 1, 0, 127), best)

    def test_step(self):
        from tinycl_rt.lib.integers import exp_table

        lut = exp_table()
        for seed in range(30):
            r = Numbers(seed)
            n, d, qb, qf = r.between(1, 9), r.between(1, 40), r.between(8, 16), r.between(4, 8)
            top, label = 1 << (qb - 1), r.below(n)
            limits = (1 << (qf - 1)) - 1, r.below(12), r.between(4, 8), r.between(2, 14), top - 1
            p = array("i", (n, d, qb - qf) + limits)  # noqa: RUF005
            w, x = r.ints("h", n * d, -top, top - 1), r.ints("b", d, -128, 127)
            results = []
            for k in (viper, ref):
                rows, acc, g = array("h", w), array("i", bytes(4 * n)), array("h", bytes(2 * n))
                rng = array("I", (seed + 1,)) if seed & 1 else None
                best = k.head_step(p, rows, x, acc, g, lut, rng, label)
                results.append((best, list(rows), list(acc), list(g), rng and rng[0]))
            self.assertEqual(results[0], results[1], seed)

    def test_softmax_error(self):
        from tinycl_rt.lib.integers import exp_table

        lut = exp_table()
        for seed in range(60):
            r = Numbers(seed)
            n, spread = r.between(1, 20), r.between(1, 28)
            scores = r.ints("i", n, -(1 << spread) + 1, (1 << spread) - 1)
            if seed % 10 == 0:
                scores[0] = r.one_of((-0x7FFFFFFF - 1, 0x7FFFFFFF))
            acc, wanted = array("i", scores), array("i", scores)
            found, errors = array("h", bytes(2 * n)), array("h", bytes(2 * n))
            shift, label, gbits = r.below(24), r.between(-1, n), r.one_of((4, 6, 8, 8, 16))
            viper.softmax_error(acc, lut, found, n, label, shift, gbits)
            ref.softmax_error(wanted, lut, errors, n, label, shift, gbits)
            self.assertEqual((list(acc), list(found)), (list(wanted), list(errors)), seed)

    def test_update(self):
        for seed in range(90):
            r = Numbers(seed)
            n, d, qb = r.between(1, 9), r.between(1, 30), r.between(8, 16)
            top, most = 1 << (qb - 1), r.one_of((127, 127, 32767))
            w, x = r.ints("h", n * d, -top, top - 1), r.ints("b", d, -128, 127)
            g = r.ints("h", n, -most, most)
            g[r.below(n)] = 0
            shift = r.between(-15, 29) if seed & 1 else r.between(4, 14)
            found, wanted = array("h", w), array("h", w)
            one = array("I", (r.state * 4 + 3,)) if seed % 3 else None
            two = array("I", one) if one else None
            viper.head_update(found, g, x, n, d, shift, top - 1, one)
            ref.head_update(wanted, g, x, n, d, shift, top - 1, two)
            self.assertEqual(list(found), list(wanted), seed)
            self.assertEqual(one and one[0], two and two[0], seed)

    def test_sum_and_merge(self):
        for seed in range(60):
            r = Numbers(seed)
            n, d, qb = r.between(1, 5), r.between(1, 40), r.between(8, 16)
            top = 1 << (qb - 1)
            tw, cw = r.ints("h", n * d, -top, top - 1), r.ints("h", n * d, -top, top - 1)
            keep, avg = r.one_of((0, 16384, 32768, r.below(32769))), r.between(-top, top - 1)
            found, wanted = array("h", cw), array("h", cw)
            for row in range(n):
                self.assertEqual(viper.head_sum(tw, row, d), ref.head_sum(tw, row, d))
                viper.head_merge(found, tw, row, d, avg, keep, top - 1)
                ref.head_merge(wanted, tw, row, d, avg, keep, top - 1)
            self.assertEqual(list(found), list(wanted), seed)


def _short(buffer):
    """The same without its last item."""
    return buffer[: len(buffer) - 1]


@on_viper
class TestMemory(unittest.TestCase):
    def test_a_call_allocates_nothing(self):
        import gc

        p = array("i", (3, 3, 33, 3, 3, 1, 1, 1, 1, 3, 3, 33, 1, 128, 0))
        x, y, acc = bytearray(9 * 33), bytearray(9 * 33), array("i", bytes(132))
        w, w8, t = bytearray(33 * 72), array("b", bytes(33 * 9 * 33)), array("i", bytes(132))
        rows, g = array("h", bytes(600)), array("h", (1, 2, 3))
        lut, rng = array("H", (32768, 9)), array("I", (0xF0000001,))
        step, x8 = array("i", (3, 100, 8, 127, 4, 8, 4, 32767)), array("b", x[:100])
        calls = {
            "bconv": (p, x, w, t, y, acc),
            "conv8": (p, x, w8, t, y, acc),
            "binarise": (p, x, t, y),
            "bpool": (p, x, w, y),
            "sum_pool": (p, x, array("b", y)),
            "head_forward": (rows, x, acc, 3, 100, 8, 127),
            "softmax_error": (acc, lut, g, 3, 1, 4, 8),
            "head_update": (rows, g, x, 3, 100, 4, 32767, rng),
            "head_step": (step, rows, x8, acc, g, lut, rng, 1),
            "head_sum": (rows, 2, 100),
            "head_merge": (rows, rows, 2, 100, 0, 9, 127),
        }
        for name in calls:
            function, arguments = getattr(viper, name), calls[name]
            function(*arguments)  # makes scratch memory
            gc.collect()
            gc.disable()
            before = gc.mem_alloc()
            function(*arguments)
            used = gc.mem_alloc() - before
            gc.enable()
            self.assertLessEqual(used, 64, name)


@on_viper
class TestChecks(unittest.TestCase):
    def refused(self, name, good, buffers):
        """The good call passes; with any one buffer too short it is a ValueError."""
        function = getattr(viper, name)
        function(*good)
        for i in buffers:
            with self.subTest(name, argument=i):
                bad = list(good)
                bad[i] = _short(good[i])
                with self.assertRaises(ValueError):
                    function(*bad)

    def test_short_buffers(self):
        p = array("i", (3, 4, 33, 2, 2, 1, 1, 0, 0, 2, 3, 34, 1, 0, 0))
        q = array("i", (3, 4, 33, 1, 1, 1, 1, 0, 0, 3, 4, 33, 0, 0, 0))
        bits, y, acc = bytearray(12 * 8), bytearray(6 * 8), array("i", bytes(4 * 34))
        w, t = bytearray(34 * 4 * 8), array("i", bytes(4 * 34))
        pixels, w8 = bytearray(12 * 33), array("b", bytes(34 * 4 * 33))
        t33, whole = array("i", bytes(4 * 33)), bytearray(12 * 8)
        self.refused("bconv", (p, bits, w, t, y, acc), range(6))
        self.refused("conv8", (p, pixels, w8, t, y, acc), range(6))
        self.refused("bpool", (p, bits, bytearray(8), y), range(4))
        self.refused("binarise", (q, pixels, t33, whole), range(4))
        self.refused("sum_pool", (q, bits, array("b", bytes(12 * 33))), range(3))
        words, x, scores = array("h", bytes(60)), array("b", bytes(10)), array("i", (0, 0, 0))
        g, lut = array("h", (1, 2, 3)), array("H", [32768] * 9)
        rng = array("I", (1,))
        self.refused("head_forward", (words, x, scores, 3, 10, 4, 127), range(3))
        self.refused("softmax_error", (scores, lut, g, 3, 1, 4, 8), (0, 2))
        self.refused("head_update", (words, g, x, 3, 10, 4, 127, rng), (0, 1, 2, 7))
        p = array("i", (3, 10, 4, 127, 4, 8, 4, 127))
        self.refused("head_step", (p, words, x, scores, g, lut, rng, 1), (0, 1, 2, 3, 4, 6))
        self.refused("head_sum", (words, 2, 10), (0,))
        self.refused("head_merge", (words, array("h", words), 2, 10, 0, 9, 127), (0, 1))

    def test_thresholds_by_position(self):
        p = array("i", (3, 2, 32, 1, 1, 1, 1, 0, 0, 3, 2, 4, 2, 0, 0))
        x, w, y, acc = bytearray(24), bytearray(16), bytearray(24), array("i", bytes(16))
        starts = (5, 9, 5, 4, 0)
        good = array("i", starts + (0,) * 12)
        viper.bconv(p, x, w, good, y, acc)
        bad = [array("i", starts + (0,) * 11), good[:4]]
        for i in range(5):
            bad.append(array("i", good))
            bad[-1][i] = (-1, 14, 0x7FFFFFFF, -0x7FFFFFFF, 10)[i]
        for t in bad:
            with self.assertRaises(ValueError):
                viper.bconv(p, x, w, t, y, acc)

    def test_items_of_the_wrong_size(self):
        p = array("i", (1, 1, 32, 1, 1, 1, 1, 0, 0, 1, 1, 32, 0, 0, 0))
        bits, acc = bytearray(4), array("i", bytes(128))
        with self.assertRaises(ValueError):
            viper.binarise(p, bytearray(32), array("b", bytes(32)), bits)
        with self.assertRaises(ValueError):
            viper.bconv(array("h", p), bits, bytearray(128), acc, bits, acc)

    def test_geometries_that_are_none(self):
        good = (1, 1, 32, 1, 1, 1, 1, 0, 0, 1, 1, 32, 0, 0, 0)
        bits, t = bytearray(4), array("i", bytes(128))
        for i in range(12):
            for value in (-40000, 40000, 0, -1)[: 2 if 7 <= i <= 8 else 4]:
                p = array("i", good)
                p[i] = value
                with self.assertRaises(ValueError):
                    viper.bconv(p, bits, bytearray(128), t, bits, t)

    def test_buffers_beyond_all_memory(self):
        p = array("i", [32767] * 15)
        with self.assertRaises(ValueError):
            viper.bconv(p, p, p, p, p, p)

    def test_dimensions_that_are_none(self):
        w, x, acc = array("h", bytes(40)), array("b", bytes(10)), array("i", (0, 0))
        g = array("h", (1, 1))
        for n, d in ((0, 10), (2, 0), (-1, -10), (-2, 10), (2, -10)):
            with self.assertRaises(ValueError):
                viper.head_forward(w, x, acc, n, d, 8, 127)
            with self.assertRaises(ValueError):
                viper.head_update(w, g, x, n, d, 8, 127, None)
            with self.assertRaises(ValueError):
                viper.head_sum(w, n - 1, d)
            with self.assertRaises(ValueError):
                viper.head_merge(w, w, n - 1, d, 0, 0, 127)
        with self.assertRaises(ValueError):
            viper.softmax_error(acc, array("H", (1,)), g, -1, 0, 0, 8)

    def test_what_is_no_buffer(self):
        with self.assertRaises(TypeError):
            viper.head_sum(0x20000000, 0, 1)


if __name__ == "__main__":
    unittest.main()
