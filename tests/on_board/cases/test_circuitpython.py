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

    def test_values_that_do_not_fit_are_refused(self):
        import struct
        from array import array

        ranges = {"b": (-128, 127), "B": (0, 255), "h": (-32768, 32767), "H": (0, 65535)}
        ranges["i"] = ranges["l"] = -1 << 31, (1 << 31) - 1
        ranges["I"] = ranges["L"] = 0, (1 << 32) - 1
        ranges["q"] = -1 << 63, (1 << 63) - 1
        ranges["Q"] = 0, (1 << 64) - 1
        for code, (smallest, largest) in ranges.items():
            for value in smallest, largest:
                packed = struct.pack("<" + code, value)
                self.assertEqual(struct.unpack("<" + code, packed), (value,))
            for value in smallest - 1, largest + 1:
                with self.assertRaises(OverflowError):
                    struct.pack("<" + code, value)
                with self.assertRaises(OverflowError):
                    struct.pack_into(">" + code, bytearray(8), 0, value)
        for code in "bBhHiIqQ":
            smallest, largest = ranges[code]
            values = array(code, (smallest, largest))
            self.assertEqual(list(values), [smallest, largest])
            for value in smallest - 1, largest + 1:
                with self.assertRaises(OverflowError):
                    values[0] = value
                with self.assertRaises(OverflowError):
                    array(code, (value,))
                with self.assertRaises(OverflowError):
                    values.append(value)
            self.assertEqual(list(values), [smallest, largest])
        raw = bytearray(2)
        for target in raw, memoryview(raw):
            for value in -1, 256, 1 << 70:
                with self.assertRaises(OverflowError):
                    target[0] = value
        with self.assertRaises(OverflowError):
            bytearray([256])
        raw[1] = (1 << 70) >> 63  # small again, though the long kind of integer
        self.assertEqual(raw, bytes((0, 128)))

    def test_the_python_stack_is_small(self):
        def deeper(n):
            return n and 1 + deeper(n - 1)

        self.assertEqual(deeper(10), 10)
        with self.assertRaises(RuntimeError):
            deeper(1000)


if __name__ == "__main__":
    unittest.main()
