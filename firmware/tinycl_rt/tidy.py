"""Imports that leave the heap in one piece, for CircuitPython.

It has no ``gc.threshold``: it collects garbage only when the heap is full. What importing leaves
behind would lie scattered all over the heap, with no room for a learner between. So the parts of
the runtime are imported one after another, each followed by a collection: those of a learner when
this module is imported, further ones by ``load``.

Basic example usage::

    from tinycl_rt import tidy

    tidy.load("device", "store")
"""

import gc

__all__ = ["load"]


def load(*names):
    """Import parts of the runtime."""
    for name in names:
        __import__("tinycl_rt." + name)
        gc.collect()


load("crc", "tcm", "graph", "checks", "source", "model", "rng", "config")
load("kernels_ref", "kernels", "backbone", "head", "replay", "learner")
