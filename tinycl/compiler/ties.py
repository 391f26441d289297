"""Ties of the first convolution: sums so close to a threshold that float32 rounding decides.

The board sums integers; LCE sums floats. Where a threshold coincides with an integer, LCE's bit
depends on the order in which its floats were added, and no integer arithmetic can follow that.
Moving the threshold to the middle between two integers changes nothing in exact arithmetic.
``thresholds`` does so in the Keras model; here it is done in the flatbuffer, to tell
ties from real differences.
"""

import numpy as np

from tinycl.compiler.lower.symbols import Accumulator

__all__ = ["centre_first_biases"]


def centre_first_biases(flatbuffer: bytes, first: Accumulator) -> bytes:
    """A copy of a .tflite whose first convolution has its thresholds between integers.

    Parameters
    ----------
    flatbuffer
        The file.
    first
        Its first convolution, as lowered.
    """
    if first.bias is None or first.bias.data is None or first.step is None:
        return flatbuffer
    thresholds = first.chain.thresholds(first.name)
    roots = first.chain.roots(thresholds)
    middle = np.where(thresholds.sign > 0, thresholds.value - 0.5, 0.5 - thresholds.value)
    shift = np.where(np.isnan(roots), 0.0, (roots - middle) * first.step)
    bias = (first.bias.data.astype(np.float64) + shift).astype("<f4").tobytes()
    patched = bytearray(flatbuffer)
    patched[first.bias.position : first.bias.position + len(bias)] = bias
    return bytes(patched)
