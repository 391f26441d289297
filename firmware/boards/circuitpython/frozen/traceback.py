"""CircuitPython's place for printing exceptions."""

from sys import print_exception  # noqa: F401
