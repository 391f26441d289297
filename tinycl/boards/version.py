"""The MicroPython that emulated boards are built from, and the machine code that boards load."""

__all__ = ["ABI", "MICROPYTHON_VERSION"]

MICROPYTHON_VERSION = "1.25.0"

ABI = "6.3"
"""Version of ``.mpy`` files that MicroPython reads since 1.23."""
