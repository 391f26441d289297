"""The heap of this interpreter."""

import gc

__all__ = ["heap"]


def heap():
    """Return (free, used) bytes of the heap; zeros where Python does not know."""
    if not hasattr(gc, "mem_free"):
        return 0, 0
    return gc.mem_free(), gc.mem_alloc()
