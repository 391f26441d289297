"""Sensors on an I2C bus, as pixels: ``read(pixels)`` fills a bytearray with 0..255.

A sensor of your own needs no more than that method. The bus has ``readfrom_mem_into`` and
``writeto_mem``, as MicroPython's ``machine.I2C`` has.
"""

from time import sleep


class Accelerometer:
    """An MPU-6050: x, y, z in turn, 50 times a second; -2 g to 2 g are 0 to 255.

    For a model of n x 1 x 3 pixels: n readings.
    """

    def __init__(self, bus, address=0x68):
        self._bus = bus
        self._address = address
        self._six = bytearray(6)
        bus.writeto_mem(address, 0x6B, b"\x00")  # it sleeps at power-up

    def read(self, pixels):
        for i in range(0, len(pixels) - 2, 3):
            self._bus.readfrom_mem_into(self._address, 0x3B, self._six)
            for axis in range(3):
                pixels[i + axis] = self._six[2 * axis] ^ 0x80  # the high byte, from signed
            sleep(0.02)


class MotionSensor:
    """An MPU-6050 with its gyroscope: x, y, z in turn, then how fast each of them turns.

    For a model of n x 1 x 6 pixels: n readings, 50 a second; -2 g to 2 g, and -1000 to 1000
    degrees a second, are 0 to 255.
    """

    def __init__(self, bus, address=0x68):
        self._bus = bus
        self._address = address
        self._raw = bytearray(14)
        bus.writeto_mem(address, 0x6B, b"\x00")  # it sleeps at power-up
        bus.writeto_mem(address, 0x1B, b"\x10")  # the range of the gyroscope

    def read(self, pixels):
        raw = self._raw
        for i in range(0, len(pixels) - 5, 6):
            self._bus.readfrom_mem_into(self._address, 0x3B, raw)
            for axis in range(3):  # the temperature lies between
                pixels[i + axis] = raw[2 * axis] ^ 0x80
                pixels[i + 3 + axis] = raw[8 + 2 * axis] ^ 0x80
            sleep(0.02)


class ThermalCamera:
    """An AMG8833: 8 x 8 pixels, ten images a second; 16 to 48 degrees Celsius are 0 to 255."""

    def __init__(self, bus, address=0x69):
        self._bus = bus
        self._address = address
        self._raw = bytearray(128)

    def read(self, pixels):
        raw = self._raw
        self._bus.readfrom_mem_into(self._address, 0x80, raw)
        for i in range(64):
            quarters = raw[2 * i] | raw[2 * i + 1] << 8  # of a degree, 12 bits
            if quarters & 0x800:
                quarters = 0
            pixels[i] = min(max(2 * (quarters - 64), 0), 255)
        sleep(0.1)
