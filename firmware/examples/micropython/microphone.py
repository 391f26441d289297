"""An I2S microphone such as the INMP441, on a Pico, ESP32 or STM32 under MicroPython.

Wired: SCK at GP10, WS at GP11, SD at GP12, L/R to ground. Change the pins here. ``read(samples)``
fills an array of int16 with 16,000 samples a second.
"""

from array import array

from machine import I2S, Pin


class Microphone:
    """24 bits at the upper end of 32: the upper 16 are taken."""

    def __init__(self, number, sck, ws, sd):
        self._i2s = I2S(
            number,
            sck=Pin(sck),
            ws=Pin(ws),
            sd=Pin(sd),
            mode=I2S.RX,
            bits=32,
            format=I2S.MONO,
            rate=16000,
            ibuf=8000,
        )
        self._raw = array("h")

    def read(self, samples):
        if len(self._raw) != 2 * len(samples):
            self._raw = array("h", bytes(4 * len(samples)))
        raw = self._raw
        self._i2s.readinto(raw)
        for i in range(len(samples)):
            samples[i] = raw[2 * i + 1]


microphone = Microphone(0, sck=10, ws=11, sd=12)
