"""Which board this is."""

import sys

__all__ = ["platform", "unique_id"]


def platform():
    """Return interpreter, version and machine in one line."""
    implementation = sys.implementation
    version = ".".join([str(n) for n in implementation.version[:3]])
    machine = getattr(implementation, "_machine", None) or sys.platform
    return "%s %s %s" % (implementation.name, version, machine)


def unique_id():
    """Return the serial number of this chip in hex; empty where there is none."""
    try:
        from machine import unique_id as raw

        return bytes(raw()).hex()
    except (ImportError, AttributeError):
        pass
    try:
        from microcontroller import cpu

        return bytes(cpu.uid).hex()
    except (ImportError, AttributeError):
        return ""
