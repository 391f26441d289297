"""A recorded word as text: its wave, and below it what the model gets, low bands at the bottom."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tinycl.ui.line import Line
from tinycl.ui.picture import picture
from tinycl.ui.theme import TRACES, pair
from tinycl.ui.trace import curve

__all__ = ["sound"]

_WAVE = 3  # lines


def sound(
    samples: npt.NDArray[np.int16],
    window: npt.NDArray[np.uint8],
    width: int,
    height: int,
    colour: bool = True,
) -> list[Line]:
    """At most `width` x `height` characters; time runs from left to right.

    Parameters
    ----------
    samples : int16 array (15872,)
    window : uint8 array (49, 40, 1)
        The log-mel window of the samples.
    """
    upright = np.ascontiguousarray(window[:, ::-1].transpose(1, 0, 2))
    spectrum = picture(upright, width, max(height - _WAVE, 1), colour)
    loudest = max(int(np.abs(samples.astype(int)).max(initial=0)), 1)
    levels = (samples / (2 * loudest) + 0.5).tolist()
    return [*curve(levels, spectrum[0].cells, _WAVE, pair(TRACES[0])), *spectrum][:height]
