"""A PDM microphone under CircuitPython, as many boards have one built in.

Change the pins here. ``read(samples)`` fills an array of int16 with 16,000 samples a second.
"""

from array import array

import board
from audiobusio import PDMIn


class Microphone:
    """PDMIn gives unsigned numbers of 16 bits."""

    def __init__(self, clock, data):
        self._pdm = PDMIn(clock, data, sample_rate=16000, bit_depth=16)
        self._raw = array("H")

    def read(self, samples):
        if len(self._raw) != len(samples):
            self._raw = array("H", bytes(2 * len(samples)))
        raw = self._raw
        self._pdm.record(raw, len(raw))
        for i in range(len(samples)):
            samples[i] = raw[i] - 32768


microphone = Microphone(board.MICROPHONE_CLOCK, board.MICROPHONE_DATA)
