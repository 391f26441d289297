"""Recordings of an accelerometer, cut into windows that ``--data npz:FILE`` reads.

    python -m tools.zoo.recordings har_exercise -o har_exercise.npz

They measure the backbone ``motion``. Nobody can download them: they are read from NAME.npz in the
folder that TINYCL_DATA names.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinycl.data.builtin import ENVIRONMENT
from tinycl.data.motions import LENGTH, RATE_HZ, to_pixels
from tinycl.data.npz import open_npz
from tinycl.exceptions import DataError
from tools.command import command_line, tool

__all__ = ["RECORDINGS", "cut", "write"]

RECORDINGS = ("har_exercise", "cgestures")

_HOP = 32  # readings between the starts of two windows


@tool("zoo.recordings")
def main(words: list[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = command_line(__doc__)
    parser.add_argument("name", choices=RECORDINGS)
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="FILE")
    options = parser.parse_args(words)
    write(options.name, options.out)
    return 0


def write(name: str, out: Path) -> None:
    """Cut the recordings NAME of the folder TINYCL_DATA into the file ``out``.

    Raises
    ------
    DataError
        There are none, or `cut` refuses them.
    """
    path = Path(os.environ.get(ENVIRONMENT, "")) / f"{name}.npz"
    if not path.is_file():
        raise DataError(f"expected {name}.npz in the folder that {ENVIRONMENT} names: {path}")
    np.savez_compressed(out, **cut(path))


def cut(path: Path) -> dict[str, NDArray]:
    """Cut recordings into windows; every third recording of a class is for the test.

    Parameters
    ----------
    path
        .npz with ``x`` int16 (recordings, readings, 3), ``y`` (recordings,), ``scale`` in g or in
        full scales of 2 g, ``rate_hz`` a multiple of 50, ``classes``.

    Returns
    -------
    dict
        ``x_train``, ``x_test`` uint8 (windows, 128, 1, 3), ``y_train``, ``y_test`` and
        ``class_names``.

    Raises
    ------
    DataError
        Anything else, or a recording shorter than a window.
    """
    with open_npz(path) as archive:
        x, y, rate = archive.get("x"), archive.get("y"), archive.get("rate_hz")
        scale, classes = archive.get("scale"), archive.get("classes")
    step = round(float(rate.ravel()[0]) / RATE_HZ)
    if x.ndim != 3 or x.shape[2] != 3 or step < 1 or x.shape[1] < step * LENGTH:
        raise DataError(
            f"{path}: expected x (recordings, {LENGTH} readings or more at {RATE_HZ} Hz or a "
            f"multiple, 3), got {x.shape} at {rate.ravel()[0]:g} Hz"
        )
    readings = x.shape[1] // step
    slow = x[:, : readings * step].reshape(len(x), readings, step, 3).mean(axis=2)
    pixels = to_pixels(slow * float(scale.ravel()[0]))
    starts = range(0, readings - LENGTH + 1, _HOP)
    windows = np.stack([pixels[:, at : at + LENGTH] for at in starts], axis=1)[:, :, :, None]
    order = np.array([np.sum(y[:i] == label) for i, label in enumerate(y)])
    arrays = {"class_names": np.array([str(c) for c in classes])}
    for side, chosen in (("train", order % 3 != 2), ("test", order % 3 == 2)):
        some = windows[chosen]
        arrays[f"x_{side}"] = some.reshape(-1, *some.shape[2:])
        arrays[f"y_{side}"] = y[chosen].repeat(len(starts))
    return arrays


if __name__ == "__main__":
    sys.exit(main())
