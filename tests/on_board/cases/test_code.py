"""Compiled code: viper, native modules, and counting what it takes."""

import sys
import unittest
from array import array

if sys.implementation.name == "micropython":
    import micropython
else:  # CircuitPython has a module of that name, but no machine code
    micropython = None
try:
    import tinyclboard
except ImportError:
    tinyclboard = None

# Compiled where it runs: a decorator that a board lacks is a SyntaxError there, not here.
_VIPER = """
@micropython.viper
def xor_words(into: ptr32, data: ptr32, n: int) -> int:
    count = 0
    for i in range(n):
        into[i] ^= data[i]
        count += 1
    return count
"""
_THUMB = """
@micropython.asm_thumb
def f():
%s
    mov(r0, r0)
"""


def _compile(source, name):
    names = {"micropython": micropython}
    exec(source, names)
    return names[name]


class TestCode(unittest.TestCase):
    def setUp(self):
        if micropython is None:
            self.skipTest("needs MicroPython")

    def test_viper(self):
        function = _compile(_VIPER, "xor_words")
        words = array("I", [1, 2, 3, 0xFFFF0000])
        self.assertEqual(function(words, array("I", [1, 1, 1, 0x0F0F0F0F]), 4), 4)
        self.assertEqual(list(words), [0, 3, 2, 0xF0F00F0F])

    def test_native_module(self):
        import tinynative

        self.assertEqual(tinynative.bits(bytes(range(256))), 1024)
        with self.assertRaises(TypeError):
            tinynative.bits(7)


@unittest.skipUnless(tinyclboard, "needs an emulated board")
class TestInstructions(unittest.TestCase):
    def test_repeats(self):
        function = _compile(_VIPER, "xor_words")
        words = array("I", range(50))
        counts = {tinyclboard.count(function, words, words, 50) for _ in range(10)}
        self.assertEqual(len(counts), 1)

    def test_loops_cost_the_same_every_time(self):
        function = _compile(_VIPER, "xor_words")
        words = array("I", range(64))
        counts = [tinyclboard.count(function, words, words, n) for n in range(40)]
        steps = {counts[n + 1] - counts[n] for n in range(1, 39)}
        self.assertEqual(len(steps), 1)

    def test_counter_runs_on(self):
        start = tinyclboard.instructions()
        counted = tinyclboard.count(sum, range(1000))
        self.assertGreater(tinyclboard.instructions() - start, counted)

    def test_single_instructions(self):
        try:
            functions = [_compile(_THUMB % ("    nop()\n" * n), "f") for n in range(20)]
        except (SyntaxError, ValueError):
            self.skipTest("needs the Thumb assembler")
        counts = [tinyclboard.count(function) for function in functions]
        self.assertEqual([count - counts[0] for count in counts], list(range(20)))


if __name__ == "__main__":
    unittest.main()
