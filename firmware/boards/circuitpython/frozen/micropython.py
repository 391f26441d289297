"""The part of MicroPython's module that CircuitPython has."""


def const(value):
    return value
