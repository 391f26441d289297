"""Pins of CircuitPython's board, on a recording."""

GP4, GP5, GP14, GP15, GP16 = 4, 5, 14, 15, 16
MICROPHONE_CLOCK, MICROPHONE_DATA = 7, 8
