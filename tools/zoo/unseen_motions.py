"""Write generated motions that no backbone of the zoo was trained on.

    python -m tools.zoo.unseen_motions -o unseen6.npz             with a gyroscope, for motion6
    python -m tools.zoo.unseen_motions --axes 3 -o unseen3.npz    without, for motion

Both files hold the same motions, 60 samples of each to learn and 60 to test; the accelerometer is
the same, sample by sample.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from tinycl.data.dataset import by_class
from tinycl.data.motions import CLASSES, generate
from tools.command import command_line, tool

_TRAIN, _TEST = 60, 60


@tool("zoo.unseen_motions")
def main(words: list[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = command_line(__doc__)
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="FILE")
    parser.add_argument("--axes", type=int, choices=(3, 6), default=6)
    parser.add_argument("--classes", type=int, default=20)
    options = parser.parse_args(words)
    parts = [
        generate(CLASSES + i, _TRAIN + _TEST, gyroscope=True)[..., : options.axes]
        for i in range(options.classes)
    ]
    (x_train, y_train), (x_test, y_test) = by_class(parts, _TRAIN)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        options.out, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
