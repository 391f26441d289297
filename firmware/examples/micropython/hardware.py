"""Sensor, buttons and light of a Raspberry Pi Pico under MicroPython: change the pins here.

Wired: an MPU-6050 (or AMG8833) with SDA at GP4 and SCL at GP5; buttons from GP14 and GP15 to
ground; the data line of a WS2812 at GP16.
"""

from machine import I2C, Pin
from neopixel import NeoPixel
from sensors import Accelerometer  # or ThermalCamera

COLOURS = (40, 0, 0), (0, 40, 0), (0, 0, 40), (30, 30, 0), (0, 30, 30), (30, 0, 30)


class Button:
    def __init__(self, pin):
        self._pin = Pin(pin, Pin.IN, Pin.PULL_UP)

    def pressed(self):
        return not self._pin.value()


class Light:
    def __init__(self, pin):
        self._pixels = NeoPixel(Pin(pin), 1)

    def show(self, number):
        self._pixels[0] = COLOURS[number % len(COLOURS)]
        self._pixels.write()


sensor = Accelerometer(I2C(0, sda=Pin(4), scl=Pin(5)))
buttons = {"rest": Button(14), "shake": Button(15)}
light = Light(16)
