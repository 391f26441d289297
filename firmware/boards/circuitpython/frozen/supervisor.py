"""CircuitPython's clock: milliseconds that wrap at 2**29."""

from utime import ticks_ms as _ticks_ms


def ticks_ms():
    return _ticks_ms() & 0x1FFFFFFF
