"""Import parts of the runtime one at a time, and let go of those no longer needed.

Both matter where heaps are small. CircuitPython has no ``gc.threshold``: it collects garbage only
when the heap is full, and what importing leaves behind would lie scattered all over it, with no
room for a learner between. ``load`` collects after each part.

Basic example usage::

    from tinycl_rt.lib import modules

    modules.load("device", "store.store")
    modules.forget("model.checks")
"""

import gc
import sys

__all__ = ["forget", "load"]


_stay = set()


def load(*names):
    """Import parts of the runtime, for good: where sources are compiled, it takes much heap."""
    for name in names:
        __import__("tinycl_rt." + name)
        gc.collect()
        _stay.add(name)


def forget(name):
    """Let go of a module, so that its memory is free until it is imported again."""
    if sys.implementation.name == "cpython" or name in _stay:
        return
    if sys.modules.pop("tinycl_rt." + name, None):
        folder, _, name = ("tinycl_rt." + name).rpartition(".")
        package = sys.modules[folder]
        if name in package.__dict__:
            delattr(package, name)
