"""How the emulated MicroPython boards are built and started. Standard library only."""
