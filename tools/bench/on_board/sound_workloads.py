"""What bench.kernels runs on a board of the sound front end.

Prints one line of JSON for each kernel: kernel, backend, instructions, macs.
"""

import gc
import json
from array import array

import tinyclboard
from tinycl_rt.sound import HOP, LogMel


def run(backend):
    """Count a frame of a set, with the Python around its kernels, and a window, if it loads."""
    gc.collect()
    try:
        mel = LogMel(kernels=backend)
    except ValueError:
        return
    samples, pixels = array("h", bytes(2 * HOP)), bytearray(len(mel.rows))
    for i in range(HOP):
        samples[i] = (i * 7919 * i) % 20000 - 10000
    mel.write(samples)
    counts = {
        "sound_frame": (HOP, tinyclboard.count(mel.write, samples)),
        "sound_window": (len(pixels), tinyclboard.count(mel.window, pixels)),
    }
    for kernel, (macs, count) in counts.items():
        print(
            json.dumps({"kernel": kernel, "backend": backend, "instructions": count, "macs": macs})
        )
