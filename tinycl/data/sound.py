"""Recorded words as windows of log-mel frames, as a board's front end gives them.

A sample is 49 frames of 40 bands, uint8 (49, 40, 1): 0.99 s (`tinycl_rt.sound`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from tinycl_rt.kernels.numpy import sound as kernels
from tinycl_rt.sound import BANDS, HOP, WINDOW, bands, sine

__all__ = ["FRAMES", "SAMPLES", "cut_word", "level", "log_mel", "window"]

FRAMES = 49
"""Frames of a window that a model sees."""

SAMPLES = WINDOW + HOP * (FRAMES - 1)
"""Samples that a window is made of."""

_SINE, _BANDS = sine(), bands()
_AT_ONCE = 4096  # frames: their spectra take 8 KB each
_ACTIVE = 64  # steps below the loudest frame (24 dB) that still belong to a word

Bytes = NDArray[np.uint8]


def log_mel(samples: NDArray[np.int16]) -> Bytes:
    """Frames (n, 40) of samples at 16 kHz: those of `tinycl_rt.sound.LogMel`.

    >>> log_mel(np.zeros(16000, np.int16)).shape
    (49, 40)
    """
    if len(samples) < WINDOW:
        return np.zeros((0, BANDS), np.uint8)
    windows = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::HOP]
    parts = [windows[at : at + _AT_ONCE] for at in range(0, len(windows), _AT_ONCE)]
    return np.concatenate([kernels.frames(part, _SINE, _BANDS) for part in parts])


def cut_word(samples: NDArray[np.int16]) -> NDArray[np.int16]:
    """Cut a recording of one word to 15,872 samples, 49 frames, that have it in their middle.

    A word is what is at most 24 dB quieter than the loudest frame. Of a longer one than 49 frames
    they are the loudest; before and after a recording there is its quietest sound.
    """
    loudness = log_mel(samples).astype(np.int64).sum(axis=1)
    active = np.flatnonzero(loudness > loudness.max(initial=0) - _ACTIVE * BANDS)
    first, last = (int(active[0]), int(active[-1])) if len(active) else (0, 0)
    start = (first + last + 1 - FRAMES) // 2
    if last - first >= FRAMES:
        sums = np.convolve(loudness[first : last + 1], np.ones(FRAMES, np.int64), "valid")
        start = first + int(sums.argmax())
    quietest = HOP * int(loudness.argmin()) if len(loudness) else 0
    quiet = samples[quietest : quietest + WINDOW]
    # There and back, so that it has no steps.
    cut = np.resize(np.concatenate([quiet, quiet[::-1]]), SAMPLES)
    start *= HOP
    low, high = max(start, 0), min(start + len(cut), len(samples))
    cut[low - start : high - start] = samples[low:high]
    return cut


def level(frames: Bytes) -> Bytes:
    """Make a window as loud as others, as `tinycl_rt.sound.LogMel.window` does."""
    out = np.empty_like(frames)
    kernels.level(np.ascontiguousarray(frames).ravel(), 0, len(frames), out.ravel())
    return out


def window(word: NDArray[np.int16]) -> Bytes:
    """The sample (49, 40, 1) of the 15,872 samples that ``cut_word`` returns."""
    return level(log_mel(word))[:, :, None]
