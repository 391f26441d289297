"""All that CircuitPython has of it."""


def const(value):
    return value
