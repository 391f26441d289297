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


class I2S:
    RX = 0
    MONO = 1

    def __init__(self, number, *, sck, ws, sd, mode, bits, format, rate, ibuf):
        assert (number, sck.number, ws.number, sd.number) == (0, 10, 11, 12)
        assert (mode, bits, format, rate) == (I2S.RX, 32, I2S.MONO, 16000) and ibuf >= 2560

    def readinto(self, buffer):
        """24 bits of sound at the upper end of 32, noise below."""
        for i in range(0, len(buffer), 2):
            buffer[i], buffer[i + 1] = 77 * i % 30000, recording.sound()
        return 2 * len(buffer)
