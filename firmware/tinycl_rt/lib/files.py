"""Files of a board: what its os module lacks."""

import os

__all__ = ["exists", "free_bytes", "remove", "rename"]


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
