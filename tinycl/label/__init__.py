"""Teach a board by hand: samples from a camera or files, labels from the keyboard.

sources, keys -> teacher -> board; screen shows them
"""

from tinycl.label.keys import Keys
from tinycl.label.sources import Shot, camera, images, windows
from tinycl.label.teacher import Teacher

__all__ = ["Keys", "Shot", "Teacher", "camera", "images", "windows"]
