"""tinycl on the board: run a binary network, and keep learning.

Basic example usage::

    from tinycl_rt import Learner

    learner = Learner("model.tcm", classes=10, replay=200)
    learner.learn(pixels, "cup")     # as often as there are samples
    learner.end()                    # consolidate
    learner.predict_name(pixels)     # "cup"
"""

from tinycl_rt.learner import Learner
from tinycl_rt.model import Model
from tinycl_rt.version import __version__

__all__ = ["Learner", "Model", "__version__"]
