"""What CircuitPython has, and what it lacks: the emulated board must not be kinder."""

import sys
import unittest

on_circuitpython = unittest.skipUnless(
    sys.implementation.name == "circuitpython", "needs CircuitPython"
)

# Modules of MicroPython that CircuitPython 9 and 10 have not.
_MODULES = ("machine", "vfs", "uctypes", "asyncio", "uasyncio", "cmath", "framebuf", "platform")


@on_circuitpython
class TestHas(unittest.TestCase):
    def test_clock_that_counts_milliseconds(self):
        from supervisor import ticks_ms

        start = ticks_ms()
        self.assertTrue(0 <= start < 1 << 29)

    def test_monotonic_clock(self):
        import time

        before = time.monotonic_ns()
        time.sleep(0.002)
        self.assertGreaterEqual(time.monotonic_ns() - before, 2000000)

    def test_serial_number(self):
        import microcontroller

        self.assertEqual(len(bytes(microcontroller.cpu.uid)), 4)

    def test_constants(self):
        from micropython import const

        self.assertEqual(const(3), 3)


@on_circuitpython
class TestLacks(unittest.TestCase):
    def test_modules(self):
        for name in _MODULES:
            with self.assertRaises(ImportError):
                __import__(name)

    def test_names(self):
        import gc
        import os
        import time

        import micropython

        for module, names in (
            (time, ("ticks_ms", "ticks_us", "ticks_diff", "sleep_ms", "sleep_us", "time_ns")),
            (os, ("ilistdir", "mount", "umount", "dupterm", "VfsFat", "fsync")),
            (gc, ("threshold",)),
            (micropython, ("kbd_intr", "native", "viper", "schedule", "mem_info")),
            (sys.stdin, ("buffer",)),
        ):
            for name in names:
                self.assertFalse(hasattr(module, name), name)

    def test_machine_code(self):
        for kind in "native", "viper":
            with self.assertRaises(SyntaxError):
                exec(f"@micropython.{kind}\ndef f(): pass")

    def test_integers_are_not_limited(self):
        self.assertEqual((1 << 40) % 1000, 776)

    def test_the_python_stack_is_small(self):
        def deeper(n):
            return n and 1 + deeper(n - 1)

        self.assertEqual(deeper(10), 10)
        with self.assertRaises(RuntimeError):
            deeper(1000)


if __name__ == "__main__":
    unittest.main()
