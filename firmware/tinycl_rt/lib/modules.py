"""Imports that leave the heap in one piece, for CircuitPython.

It has no ``gc.threshold``: it collects garbage only when the heap is full. What importing leaves
behind would lie scattered all over the heap, with no room for a learner between. So the parts of
the runtime are imported one after another, each followed by a collection: those of a learner when
this module is imported, further ones by ``load``.

Basic example usage::

    from tinycl_rt.lib import modules

    modules.load("device", "store.store")
"""

import gc

__all__ = ["load"]


def load(*names):
    """Import parts of the runtime."""
    for name in names:
        __import__("tinycl_rt." + name)
        gc.collect()


load("lib.crc", "tcm", "model.graph", "model.checks", "model.source", "model.loader")
load("lib.integers", "config", "kernels.reference.core", "kernels.choose", "model.backbone")
load("head", "replay", "learner")
