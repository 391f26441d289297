"""Data sets and the order in which a board meets them.

>>> from tinycl.data import build, load
>>> digits = load("digits")
>>> digits.input_shape, digits.num_classes
((8, 8, 1), 10)
>>> [experience.classes for experience in build(digits, "nc:1,first=8", seed=0)]
[(0, 1, 2, 3, 4, 5, 6, 7), (8,), (9,)]
"""

from tinycl.data.dataset import Dataset
from tinycl.data.loader import NAMES, load
from tinycl.data.scenario import Experience, Scenario, build, parse_scenario, stream, test_indices

__all__ = [
    "NAMES",
    "Dataset",
    "Experience",
    "Scenario",
    "build",
    "load",
    "parse_scenario",
    "stream",
    "test_indices",
]
