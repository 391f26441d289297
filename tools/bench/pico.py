"""Time that models take on a Pico: the emulator's cycles at 125 MHz.

    python -m tools.bench.pico                  time, of models of the zoo, with native kernels
    python -m tools.bench.pico --kernels viper  the same where no native module is on the board
    python -m tools.bench.pico --heap           what the heap holds, and what compile computes

Misses of the flash's cache are not modelled. The heap is that of a board that learned two samples,
saved and was started again; with the head lda it keeps the rows that it has room for.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from tinycl_rt.config import HEADS, Config
from tinycl_rt.model.loader import Model

from tinycl import zoo
from tinycl.boards import start
from tinycl.boards.registry import PICO
from tinycl.compiler.fit.placement import place
from tinycl.flash.repl import Repl
from tinycl.link import connect
from tools.boards.paths import PROJECT
from tools.boards.pico import pico_image
from tools.boards.runtime import stage_runtime
from tools.command import command_line, tool

TIMED = {
    "native": ("motion", "grey", "grey2", "colour-s", "speech"),
    "viper": ("motion", "grey", "colour-s"),
}
"""By kernels, the models whose time is measured."""

_MODELS = {"motion": 400, "grey": 400, "colour-s": 120}  # latents with cwr
_SAMPLES = 3
_PROGRAM = PROJECT / "firmware" / "main.py"
_TIMES = """
import time
from tinycl_rt.device import Device

device = Device("")
device.open()
learner = device.learner
pixels = bytes([i * 7919 >> 5 & 255 for i in range(learner.model.input_bytes)])

def ms(action, *words):
    start = time.ticks_us()
    for _ in range({samples}):
        action(pixels, *words)
    return time.ticks_diff(time.ticks_us(), start) / 1000 / {samples}

learner.begin(0, (0, 1))
learner.learn(pixels, 0)
print(repr(device.backend))
print(ms(learner.predict))
print(ms(learner.learn, 1))
"""


@tool("bench.pico")
def main(words: list[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = command_line(__doc__)
    parser.add_argument("models", nargs="*", help="of the zoo")
    parser.add_argument("--kernels", choices=list(TIMED), default="native", help="of the runtime")
    parser.add_argument("--heap", action="store_true", help="measure memory in place of time")
    options = parser.parse_args(words)
    models = options.models or (_MODELS if options.heap else TIMED[options.kernels])
    for name in models:
        for config in settings(name) if options.heap else ():
            row = heap(name, config)
            print(
                f"{name:12}{row['head']:5}{row['rows']:14}heap {row['taken']:,}, computed "
                f"{row['computed']:,}: {row['computed'] / row['taken'] - 1:+.1%}",
                flush=True,
            )
        if options.heap:
            continue
        predicting, learning = measure(name, options.kernels)
        print(f"{name:12} predict {predicting:6.0f} ms   learn {learning:6.0f} ms", flush=True)
    return 0


def settings(name: str) -> Iterator[Config | None]:
    """What the heap is measured with; None: the board's own."""
    yield Config(classes=10, head="cwr", replay_slots=_MODELS.get(name, 0))
    yield None


def heap(name: str, config: Config | None) -> dict[str, Any]:
    """Head, its rows or latents, and bytes of the heap: taken, computed by the compiler."""
    data = zoo.model(name)
    with (
        tempfile.TemporaryDirectory() as folder,
        start("pico", flash=Path(folder)) as board,
        connect(board.port, board.patience) as client,
    ):
        client.put_model(data)
        if config is not None:
            client.reset(config)
        shape = client.info().input_shape
        client.begin(0, classes=[0, 1], samples=2)
        for label in (0, 1):
            client.learn(0, label, np.full(shape, 90 * label, np.uint8), label)
        client.end(0, 2)
        board.restart()
        info = client.reconnect()
        client.bye()
    used = info.config
    assert used is not None and info.learned == 2
    placed, slots = place(Model(data), PICO, used), used.replay_slots
    # The board lets the weights go from the heap before it takes fewer than 32 rows.
    weights = "streamed" if used.head and 0 < used.rank < 32 else placed.weights
    return {
        "head": HEADS[used.head],
        "rows": f"{used.rows(info.features)} rows" if used.head else f"{slots} latents",
        "taken": placed.heap_bytes - info.heap_free,
        "computed": placed.need(weights),
    }


def _flash(folder: Path, kernels: str) -> Path:
    """A folder for the board; with viper kernels one whose flash has no native modules."""
    flash = folder / "flash"
    if kernels == "viper":
        stage_runtime(folder / "lib", PICO, [_PROGRAM], kernels=False, profile="serve")
        flash.mkdir()
        (flash / "pico.img").write_bytes(pico_image(PICO, folder / "lib"))
    return flash


def measure(name: str, kernels: str = "native") -> tuple[float, float]:
    """Milliseconds to predict and to learn one sample, with the head cwr and no replay memory."""
    with (
        tempfile.TemporaryDirectory() as folder,
        start("pico", flash=_flash(Path(folder), kernels)) as board,
    ):
        with connect(board.port, board.patience) as client:
            client.put_model(zoo.model(name))
            client.reset(Config(classes=10, head="cwr", replay_slots=0))
            client.bye()
        with Repl(board.port, board.patience) as repl:
            loaded, predicting, learning = repl.ask(_TIMES.format(samples=_SAMPLES))
    assert loaded == kernels
    return predicting, learning


if __name__ == "__main__":
    sys.exit(main())
