"""Time that models take on a Pico: the emulator's cycles at 125 MHz, native kernels.

    python -m tools.bench.pico                  motion, grey and colour-s of the zoo

The board serves a host meanwhile, so that a sample that is learned counts with its frame. Misses
of the flash's cache are not modelled.
"""

from __future__ import annotations

import sys

import numpy as np
from tinycl_rt.config import Config

from tinycl.boards import start
from tinycl.link import connect
from tools.boards.paths import PROJECT
from tools.command import command_line, tool

_MODELS = ("motion", "grey", "colour-s")
_SAMPLES = 3


@tool("bench.pico")
def main(words: list[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = command_line(__doc__)
    parser.add_argument("models", nargs="*", default=_MODELS, help="of the zoo")
    for name in parser.parse_args(words).models:
        predicting, learning = measure(name)
        print(f"{name:12} predict {predicting:6.0f} ms   learn {learning:6.0f} ms", flush=True)
    return 0


def measure(name: str) -> tuple[float, float]:
    """Milliseconds to predict and to learn one sample, with the head cwr and no replay memory."""
    data = (PROJECT / "tinycl" / "zoo" / "models" / f"{name}.tcm").read_bytes()
    with start("pico") as board, connect(board.port, board.patience) as client:
        client.put_model(data)
        client.reset(Config(classes=10, head="cwr", replay_slots=0))
        predicting = client.bench(_SAMPLES)
        pixels = np.random.default_rng(1).integers(0, 256, client.info().input_shape, np.uint8)
        client.begin(0, classes=[0, 1], samples=_SAMPLES + 1)
        client.learn(0, 0, pixels, 0)
        before = int(client.stats()["busy_ms"])
        for position in range(1, _SAMPLES + 1):
            client.learn(0, position, pixels, position % 2)
        learning = (int(client.stats()["busy_ms"]) - before) / _SAMPLES
        client.end(0, _SAMPLES + 1)
        client.bye()
    return predicting, learning


if __name__ == "__main__":
    sys.exit(main())
