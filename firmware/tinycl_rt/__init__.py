"""tinycl on the board: run a binary network, and keep learning.

Basic example usage::

    from tinycl_rt import Learner

    learner = Learner("model.tcm", classes=10, replay=200)
    learner.learn(pixels, "cup")     # as often as there are samples
    learner.end()                    # consolidate
    learner.predict_name(pixels)     # "cup"

``tinycl_rt.backend`` names the kernels that this board runs: "native", "viper", "reference" or
"numpy".
"""

import gc
import sys


def load(*names):
    """Import parts of the package one after another.

    CircuitPython has no ``gc.threshold``: it collects when the heap is full, and what stays would
    lie scattered all over it, with no room for a learner between.
    """
    for name in names:
        __import__("tinycl_rt." + name)
        if hasattr(gc, "mem_free") and not hasattr(gc, "threshold"):
            gc.collect()


if sys.implementation.name == "circuitpython":
    load("crc", "tcm", "graph", "checks", "source", "model", "rng", "config")
    load("kernels_ref", "kernels", "backbone", "head", "replay")

from tinycl_rt.learner import Learner  # noqa: E402
from tinycl_rt.model import Model  # noqa: E402
from tinycl_rt.version import __version__  # noqa: E402

__all__ = ["Learner", "Model", "__version__", "backend", "load"]


def __getattr__(name):
    """Load kernels when ``backend`` is asked for, not before."""
    if name == "backend":
        from tinycl_rt import kernels

        return kernels.load().NAME
    if sys.implementation.name == "cpython":
        raise AttributeError("module 'tinycl_rt' has no attribute %r" % name)
    # MicroPython comes here, too, for a module that was not imported yet.
    path = "tinycl_rt." + name
    __import__(path)
    return sys.modules[path]
