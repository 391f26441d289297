"""Files of a board: what its os module lacks, and its errors in words."""

import os

__all__ = ["exists", "free_bytes", "reason", "remove", "rename"]

_ENOSPC = 28
_EROFS = 30


def exists(path):
    """Whether there is such a file or folder."""
    try:
        os.stat(path)
        return True
    except OSError:
        return False


def rename(old, new):
    """Rename over an existing file, also where the file system refuses to."""
    try:
        os.rename(old, new)
    except OSError:
        remove(new)
        os.rename(old, new)


def remove(path):
    """Remove a file if it is there."""
    try:
        os.remove(path)
    except OSError:
        pass


def free_bytes(folder):
    """What the file system has left; 0 where it does not say."""
    try:
        found = os.statvfs(folder or ".")
        return found[1] * found[4]
    except (AttributeError, OSError):
        return 0


def reason(error):
    """Why something failed, in words."""
    number = error.args[0] if isinstance(error, OSError) and error.args else 0
    if number == _EROFS:
        return "files are read-only here; CircuitPython's boot.py may call storage.remount"
    if number == _ENOSPC:
        return "the file system is full"
    return str(error) or type(error).__name__
