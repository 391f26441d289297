"""Sensor, buttons and light of a Raspberry Pi Pico under CircuitPython: change the pins here.

Wired: an MPU-6050 (or AMG8833) with SDA at GP4 and SCL at GP5; buttons from GP14 and GP15 to
ground; the data line of a WS2812 at GP16.
"""

import board
from busio import I2C
from digitalio import DigitalInOut, Pull
from neopixel_write import neopixel_write
from sensors import Accelerometer  # or ThermalCamera

COLOURS = (40, 0, 0), (0, 40, 0), (0, 0, 40), (30, 30, 0), (0, 30, 30), (30, 0, 30)


class Bus:
    """CircuitPython's I2C with the methods that sensors.py calls."""

    def __init__(self, i2c):
        self._i2c = i2c
        while not i2c.try_lock():
            pass

    def readfrom_mem_into(self, address, register, buffer):
        self._i2c.writeto_then_readfrom(address, bytes((register,)), buffer)

    def writeto_mem(self, address, register, data):
        self._i2c.writeto(address, bytes((register,)) + data)


class Button:
    def __init__(self, pin):
        self._pin = DigitalInOut(pin)
        self._pin.switch_to_input(pull=Pull.UP)

    def pressed(self):
        return not self._pin.value


class Light:
    def __init__(self, pin):
        self._pin = DigitalInOut(pin)
        self._pin.switch_to_output()

    def show(self, number):
        red, green, blue = COLOURS[number % len(COLOURS)]
        neopixel_write(self._pin, bytes((green, red, blue)))


sensor = Accelerometer(Bus(I2C(board.GP5, board.GP4)))  # SCL, SDA
buttons = {"rest": Button(board.GP14), "shake": Button(board.GP15)}
light = Light(board.GP16)
