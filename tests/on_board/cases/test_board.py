"""What the firmware of every board offers."""

import sys
import unittest

try:
    from gc import mem_alloc
except ImportError:
    mem_alloc = None
try:
    import tinyclboard
except ImportError:
    tinyclboard = None

on_micropython = unittest.skipUnless(sys.implementation.name == "micropython", "MicroPython's")
on_board = unittest.skipUnless(tinyclboard, "needs an emulated board")


class TestModules(unittest.TestCase):
    def test_crc32(self):
        from binascii import crc32

        self.assertEqual(crc32(b"123456789"), 0xCBF43926)
        self.assertEqual(crc32(b"6789", crc32(b"12345")), 0xCBF43926)

    def test_struct_and_array(self):
        from array import array
        from struct import pack, unpack

        self.assertEqual(unpack("<hIb", pack("<hIb", -2, 0xFFFFFFFF, -1)), (-2, 0xFFFFFFFF, -1))
        self.assertEqual(sum(array("h", [1, -32768])), -32767)

    @on_micropython
    def test_keyboard_interrupt_can_be_switched_off(self):
        import micropython

        micropython.kbd_intr(-1)
        micropython.kbd_intr(3)

    @on_board
    def test_poll_times_out(self):
        import select
        import time

        poll = select.poll()
        poll.register(sys.stdin.buffer, select.POLLIN)
        started = time.ticks_us()
        self.assertEqual(poll.poll(30), [])
        self.assertGreaterEqual(time.ticks_diff(time.ticks_us(), started), 30000)

    @on_micropython
    def test_sleep(self):
        import time

        started = time.ticks_ms()
        time.sleep_ms(25)
        self.assertGreaterEqual(time.ticks_diff(time.ticks_ms(), started), 25)

    @unittest.skipUnless(mem_alloc, "needs a board")
    def test_heap_figures(self):
        import gc

        gc.collect()
        before = mem_alloc()
        held = bytearray(10000)
        self.assertGreaterEqual(mem_alloc() - before, len(held))


@on_board
class TestFlash(unittest.TestCase):
    def test_write_rename_read(self):
        import os

        data = bytes(range(256)) * 40
        with open("/new", "wb") as file:
            file.write(data)
        os.rename("/new", "/old")
        with open("/old", "rb") as file:
            self.assertEqual(file.read(), data)
        os.remove("/old")
        self.assertFalse("old" in os.listdir("/"))

    def test_blocks_outside_are_refused(self):
        flash = tinyclboard.Flash()
        self.assertRaises(OSError, flash.readblocks, flash.ioctl(4, 0), bytearray(1))
        self.assertRaises(OSError, flash.readblocks, -1, bytearray(1))
        self.assertRaises(OSError, flash.writeblocks, 511, bytes(2), 4095)

    def test_rom_files_are_read_in_place_and_aligned(self):
        from uctypes import addressof

        with open("/rom/words.bin", "rb") as file, open("/rom/words.bin", "rb") as again:
            here = memoryview(file)
            self.assertEqual(bytes(here), bytes(range(23)))
            self.assertEqual(addressof(here) & 3, 0)
            self.assertEqual(addressof(memoryview(again)), addressof(here))


if __name__ == "__main__":
    unittest.main()
