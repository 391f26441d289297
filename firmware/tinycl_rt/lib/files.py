"""Files of a board: what its os module lacks."""

import os

__all__ = ["exists", "free_bytes", "reason", "remove", "rename"]

MODEL_FILE = "model.tcm"
ROM_MODEL_FILE = "/rom/model.tcm"  # comes with the firmware; one in the folder is preferred
NEW_MODEL_FILE = "model.new"
NEW_STATE_FILE = "state.new"


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
    if isinstance(error, OSError) and error.errno == 30:  # EROFS
        return "the files are read-only: see storage.remount in boot.py"
    if isinstance(error, OSError) and error.errno == 28:  # ENOSPC
        return "the file system is full"
    return str(error) or type(error).__name__
