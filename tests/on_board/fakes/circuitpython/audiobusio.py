"""What the examples use of CircuitPython's audiobusio, on a recording."""

import recording


class PDMIn:
    def __init__(self, clock, data, *, sample_rate, bit_depth):
        assert (clock, data, sample_rate, bit_depth) == (7, 8, 16000, 16)

    def record(self, destination, destination_length):
        for i in range(destination_length):
            destination[i] = recording.sound() + 32768
        return destination_length
