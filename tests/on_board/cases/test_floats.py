"""Real-valued native kernels give the floats of the reference on that board, bit for bit."""

import unittest
from array import array

try:
    import test_viper as random_shapes
    from tinycl_rt.kernels import choose
    from tinycl_rt.kernels.reference import floats as ref

    native = choose.floats(choose.load("native"))
except (ImportError, ValueError) as reason:  # without the runtime, or no native module
    print(reason)
    native = None


class Numbers(random_shapes.Numbers if native else object):
    def floats(self, n, spread=4):
        """Over powers of two, of both signs, zeros and the smallest among them."""
        out = bytearray(4 * n)
        for i in range(n):
            bits = self.below(1 << 16) << 7 | self.below(128)
            bits |= self.between(127 - spread, 127 + spread) << 23
            if self.below(12) == 0:
                bits = self.one_of((0, 1, 0x7FFFFF))
            for k in range(3):
                out[4 * i + k] = bits >> (8 * k) & 255
            out[4 * i + 3] = bits >> 24 | self.below(2) << 7
        return array("f", bytes(out))


@unittest.skipUnless(native, "needs the native module of floats")
class TestFloats(unittest.TestCase):
    def both(self, name, size, *arguments):
        """The last of the arguments of a kernel, its output, is made here."""
        found, wanted = array("f", bytes(4 * size)), array("f", bytes(4 * size))
        for k, y in ((native, found), (ref, wanted)):
            given = list(arguments)
            given.insert(4 if name == "bconv" else len(given), y)
            getattr(k, name)(*given)
        self.assertEqual(bytes(found), bytes(wanted), name + " on " + repr(arguments[0]))

    def test_conv_and_depthwise(self):
        for seed in range(16):
            r = Numbers(seed)
            g = random_shapes.Case(r, (1, 2, 3), (1, 3, 4))
            g.p[12], g.p[14] = 0, seed & 3
            x, t = r.floats(g.h * g.w * g.c), r.floats(g.oc)
            self.both("conv", g.oh * g.ow * g.oc, g.p, x, r.floats(g.oc * g.taps * g.c), t)
            oc = g.p[11] = g.c * (1 + seed % 3)
            w, t = r.floats(g.taps * oc), r.floats(oc)
            self.both("depthwise", g.oh * g.ow * oc, g.p, x, w, t)

    def test_bconv(self):
        for seed in range(16):
            r = Numbers(seed)
            g = random_shapes.Case(r, (1, 31, 33, 64), (1, 5, 33))
            g.p[12], g.p[14] = 1 + (seed & 1), seed >> 1 & 3
            x, w = r.packed(g.h * g.w, g.c), r.packed(g.oc * g.taps, g.c)
            t = r.floats(2 * g.oc)
            if seed & 1:
                first, sets = 2 * g.oc + g.oh + g.ow, r.between(1, 3)
                places = [first + g.oc * r.below(sets) for _ in range(g.oh)]
                places += [g.oc * r.below(sets) for _ in range(g.ow)]
                t.extend(array("f", places))
                t.extend(r.floats(g.oc * (2 * sets - 1)))
            acc = array("i", bytes(4 * g.oc))
            self.both("bconv", g.oh * g.ow * g.oc, g.p, x, w, t, acc)

    def test_pooling(self):
        for seed in range(16):
            r = Numbers(seed)
            g = random_shapes.Case(r, (1, 2, 5), (1,))
            g.p[11], g.p[12], g.p[14] = g.c, 0, seed & 3
            x = r.floats(g.h * g.w * g.c)
            self.both("max_pool", g.oh * g.ow * g.c, g.p, x)
            self.both("mean_pool", g.oh * g.ow * g.c, g.p, x)

    def test_maps(self):
        for seed in range(24):
            r = Numbers(seed)
            h, w, c = r.between(1, 4), r.between(1, 4), r.one_of((1, 3, 32, 33))
            n = h * w * c
            p = array("i", (h, w, c, 1, 1, 1, 1, 0, 0, h, w, c, seed % 3, 0, seed & 3))
            x = r.floats(n)
            self.both("combine", n, p, x, r.floats(n))
            self.both("scale", n, p, x, r.floats(1 if seed & 1 else c))
            self.both("pixels", n, p, r.bytes(n))
            self.both("unsign", n, p, r.packed(h * w, c))
            self.both("softmax", n, p, r.floats(n, 1 + seed % 7))
            found, wanted = bytearray(b"\xaa" * (h * w * 8)), bytearray(h * w * 8)
            native.sign(p, x, found)
            ref.sign(p, x, wanted)
            size = h * w * random_shapes.words(c)
            self.assertEqual(found[:size], wanted[:size])
            p[7], p[8], p[9], p[10] = 1, 2, h + 2, w + 2
            self.both("pad", (h + 2) * (w + 2) * c, p, x)

    def test_what_does_not_fit_is_refused(self):
        p = array("i", (2, 2, 3, 1, 1, 1, 1, 0, 0, 2, 2, 3, 0, 0, 0))
        x, y = array("f", bytes(48)), array("f", bytes(48))
        native.softmax(p, x, y)
        for bad in ((p, x[:11], y), (p, x, y[:11]), (p[:14], x, y), (p, bytearray(48), y)):
            with self.assertRaises(ValueError):
                native.softmax(*bad)


if __name__ == "__main__":
    unittest.main()
