"""tinycl on the board: run a binary network, and keep learning.

Basic example usage::

    from tinycl_rt import Learner

    learner = Learner("model.tcm", classes=10, replay_slots=200)
    learner.learn(pixels, "cup")     # as often as there are samples
    learner.end()                    # consolidate
    learner.predict_name(pixels)     # "cup"

``tinycl_rt.backend`` names the kernels that this board runs: "native", "viper", "reference" or
"numpy".
"""

import sys

if sys.implementation.name == "circuitpython":
    # It has no gc.threshold: importing in steps, with a collection after each, keeps the heap in
    # one piece.
    from tinycl_rt.lib.modules import load

    load("lib.crc", "tcm", "model.graph", "model.loader", "lib.integers")
    load("kernels.reference.core", "model.backbone", "predictor", "head", "replay", "learner")

from tinycl_rt.learner import Learner
from tinycl_rt.model.loader import Model
from tinycl_rt.version import __version__

__all__ = ["Learner", "Model", "__version__", "backend"]


def __getattr__(name):
    """Load kernels when ``backend`` is asked for, not before."""
    if name == "backend":
        from tinycl_rt.kernels import choose

        return choose.load().NAME
    if sys.implementation.name == "cpython":
        raise AttributeError("module 'tinycl_rt' has no attribute %r" % name)
    # MicroPython comes here, too, for a module that was not imported yet.
    path = "tinycl_rt." + name
    __import__(path)
    return sys.modules[path]
