"""Types of what programs use; firmware cannot parse them in the sources."""

from tinycl_rt.learner import Learner as Learner
from tinycl_rt.model.loader import Model as Model
from tinycl_rt.version import __version__ as __version__

__all__ = ["Learner", "Model", "__version__", "backend"]

backend: str
