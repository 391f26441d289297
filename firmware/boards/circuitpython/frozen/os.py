# ruff: noqa: F401, I001
"""CircuitPython's os: no environment but settings.toml."""

from uos import chdir, getcwd, listdir, mkdir, remove, rename, rmdir, sep, stat, statvfs
from uos import unlink, urandom


def sync():
    """Nothing to do: writes are not buffered here."""


def getenv(key, default=None):
    """A value of settings.toml: a string or, as before CircuitPython 10.2, an integer."""
    try:
        with open("/settings.toml") as file:
            lines = file.read().split("\n")
    except OSError:
        return default
    for line in lines:
        name, equals, value = line.partition("=")
        if equals and name.strip() == key:
            value = value.strip()
            return value.strip('"') if value.startswith('"') else int(value, 0)
    return default
