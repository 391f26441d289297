"""What the examples use of MicroPython's machine, on a recording."""

import recording


class Pin:
    IN = 0
    PULL_UP = 1

    def __init__(self, number, mode=None, pull=None):
        self.number = number
        self._is_button = (mode, pull) == (Pin.IN, Pin.PULL_UP)

    def value(self):
        assert self._is_button
        return int(not recording.held(self.number))


class I2C:
    def __init__(self, number, *, sda, scl):
        assert (number, sda.number, scl.number) == (0, 4, 5)
        self._awake = False

    def writeto_mem(self, address, register, data):
        assert (address, register, data) == (0x68, 0x6B, b"\x00")
        self._awake = True

    def readfrom_mem_into(self, address, register, buffer):
        assert self._awake and (address, register, len(buffer)) == (0x68, 0x3B, 6)
        buffer[:] = recording.acceleration()
