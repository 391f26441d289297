"""CircuitPython's time: no ticks_ms, no time_ns."""

import utime as _utime
from utime import sleep, time  # noqa: F401

_start = _utime.time_ns()


def monotonic_ns():
    return _utime.time_ns() - _start


def monotonic():
    return monotonic_ns() / 1e9
