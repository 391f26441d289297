"""Every kernel set that is here gives the same integers: the vectors, and random shapes."""

import unittest

try:
    import test_viper as random_shapes
    import vector_check
    from tinycl_rt.kernels import choose
except ImportError:  # started without the runtime and the vectors
    choose = None


def _present():
    found = []
    for name in ("reference", "viper", "native") if choose else ():
        try:
            k = choose.load(name)
            if name == "native":
                k = vector_check.Both(k, __import__("tinycl_cwr"))
            found.append(k)
        except ValueError as reason:
            print(reason)
    return found


SETS = _present()
NATIVE = [k for k in SETS if k.NAME == "native"]
with_runtime = unittest.skipUnless(SETS, "needs tinycl_rt and tests/vectors")
on_native = unittest.skipUnless(NATIVE, "needs a native module")


def _set(name):
    for k in SETS:
        if name == k.NAME:
            return k
    raise unittest.SkipTest("no " + name + " kernels here")


@with_runtime
class TestSets(unittest.TestCase):
    def test_vectors_on_the_reference(self):
        self.assertGreater(vector_check.check(_set("reference")), 60)
        self.assertGreater(vector_check.check_learning(_set("reference")), 0)

    def test_vectors_on_viper(self):
        vector_check.check(_set("viper"))
        vector_check.check_learning(_set("viper"))

    def test_vectors_on_native(self):
        vector_check.check(_set("native"))
        vector_check.check_learning(_set("native"))

    def test_the_fastest_is_chosen(self):
        order = [k.NAME for k in SETS]
        fastest = next(n for n in ("native", "viper", "reference") if n in order)
        self.assertEqual(choose.load().NAME, fastest)


class _InPlaceOfViper:
    """Lets the viper kernels' tests try the native ones."""

    def setUp(self):
        self.before = random_shapes.viper
        random_shapes.viper = NATIVE[0]

    def tearDown(self):
        random_shapes.viper = self.before


if NATIVE and random_shapes.viper:

    class TestNativeLayers(_InPlaceOfViper, random_shapes.TestLayers):
        pass

    class TestNativeHead(_InPlaceOfViper, random_shapes.TestHead):
        pass

    class TestNativeChecks(_InPlaceOfViper, random_shapes.TestChecks):
        pass


@on_native
class TestNative(unittest.TestCase):
    def test_arrays_of_another_type_are_refused(self):
        from array import array

        k = NATIVE[0]
        w, x, acc = array("h", bytes(8)), array("b", bytes(4)), array("i", bytes(4))
        k.head_forward(w, x, acc, 1, 4, 8, 127)
        for bad in ((bytearray(8), x, acc), (w, bytearray(4), acc), (w, x, array("I", acc))):
            with self.assertRaises(ValueError):
                k.head_forward(*bad, 1, 4, 8, 127)

    def test_read_only_output_is_refused(self):
        from array import array

        p = array("i", (1, 1, 32, 1, 1, 1, 1, 0, 0, 1, 1, 32, 0, 0, 0))
        with self.assertRaises(TypeError):
            NATIVE[0].bpool(p, bytes(4), bytes(4), b"1234")


if __name__ == "__main__":
    unittest.main()
