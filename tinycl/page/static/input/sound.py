# Runs in the page's MicroPython, after bridge.py: what a network sees of recorded samples.
# sound_worker.js puts int16 samples where `start` says, and finds pixels where `window` says.

from array import array

import uctypes
from tinycl_rt.sound import LogMel

_mel = LogMel()
_pixels = bytearray(len(_mel.rows))
size = len(_pixels)


def start(most):
    """Make room for samples; returns its address."""
    global _samples
    _samples = array("h", bytes(2 * most))
    return uctypes.addressof(_samples)


def window():
    """Turn the samples to pixels; returns their address."""
    _mel.reset()
    _mel.write(_samples)
    _mel.window(_pixels)
    return uctypes.addressof(_pixels)
