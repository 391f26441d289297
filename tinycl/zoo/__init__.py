"""Backbones that come with tinycl, compiled: features for classes that they never saw.

>>> from tinycl.zoo import names
>>> "colour-s" in names()
True
"""

from tinycl.zoo.catalogue import Card, card, model, names
from tinycl.zoo.head import TrainedHead, head

__all__ = ["Card", "TrainedHead", "card", "head", "model", "names"]
