"""CircuitPython's neopixel_write, on a recording: green comes before red."""

import recording


def neopixel_write(digitalinout, buf):
    assert digitalinout.is_output
    recording.shown.append((buf[1], buf[0], buf[2]))
