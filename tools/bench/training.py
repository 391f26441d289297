"""Measure memory and time of training from scratch, standard and low-memory, in processes.

    python -m tools.bench.training --model mlp --batch 100
    python -m tools.bench.training --model mlp --data mnist --epochs 3 --json training.json
    python -m tools.bench.training --model cnv --batch 50 --steps 5 --trainers larq,drop-in

Trainers, all with the same network, batch and optimizer:

    larq             Larq's layers, Keras' batch norm and optimizer: standard training
    drop-in          tinycl.edge.layers and tinycl.edge.optimizers
    numpy-standard   tinycl.edge.trainer, everything float32
    numpy            tinycl.edge.trainer, low-memory: what a Linux board runs

Columns: ``peak`` is the growth of the process's resident memory (VmHWM) over its state when the
framework is imported and the data loaded, but no model made: weights, momenta, activations, and
whatever the framework sets aside for itself. ``arrays`` leaves that out: for numpy it is the peak
of all that Python allocates (tracemalloc); for Keras, whose allocator keeps no count, weights and
momenta by their size, and the growth of the peak from a step with 3 samples to one with the whole
batch, both in a process whose freed tensors go back to the system at once. ``model`` is what the
memory model says. Times are medians over the steps: wall clock, and processor time of all threads.
With --epochs the accuracy on the test samples follows.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from tinycl.data import load
from tinycl.edge.memory import MOMENTA, rows, total_bytes
from tinycl.exceptions import TinyclError
from tinycl.models.networks import NETWORKS
from tools.command import command_line, tool, write_json

TRAINERS = ("larq", "drop-in", "numpy-standard", "numpy")
_MIB = 1024 * 1024
_WARM = 2  # steps that are not timed: graphs are traced, memory is mapped


@tool("bench.training")
def main(words: list[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = command_line(__doc__)
    parser.add_argument("--model", choices=sorted(NETWORKS), default="mlp")
    parser.add_argument("--batch", type=int, default=100)
    parser.add_argument("--steps", type=int, default=30, help="timed steps")
    parser.add_argument("--optimizer", choices=sorted(MOMENTA), default="adam")
    parser.add_argument("--data", help="data set, such as mnist; random samples unless given")
    parser.add_argument("--epochs", type=int, default=0, help="train so long, tell the accuracy")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--trainers", default=",".join(TRAINERS), help="some of them")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results")
    parser.add_argument("--worker", choices=TRAINERS, help=argparse.SUPPRESS)
    parser.add_argument("--weigh", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(words)
    if options.epochs and not options.data:
        parser.error("--epochs needs --data")
    if options.batch < 2 or options.steps < 1:
        parser.error("expected --batch of at least 2 and --steps of at least 1")
    if options.worker:
        print(json.dumps((weigh if options.weigh else measure)(options)))
        return 0
    names = options.trainers.split(",")
    if wrong := [name for name in names if name not in TRAINERS]:
        parser.error(f"expected trainers of {', '.join(TRAINERS)}, got {wrong[0]!r}")
    results = [_spawn(name, words if words is not None else sys.argv[1:]) for name in names]
    _show(options, results)
    write_json(options.json, _report(options, results))
    return 0


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Measure memory and time of one trainer in this process."""
    network = NETWORKS[options.model]
    x, y, test = _data(options)
    start = _starter(options, network)
    batches = _batches(x, y, options)
    next(batches)  # what shuffling takes is not training's
    base = _memory("VmRSS")
    _forget_peak()
    step, predict = start()
    times = [_timed(step, *next(batches)) for _ in range(_WARM + options.steps)][_WARM:]
    result = {
        "trainer": options.worker,
        "base_mib": base,
        "peak_mib": _memory("VmHWM") - base,
        "wall_ms": statistics.median(wall for wall, _ in times),
        "cpu_ms": statistics.median(cpu for _, cpu in times),
    }
    if options.epochs:
        for _ in range(len(x) // options.batch * options.epochs - _WARM - options.steps):
            step(*next(batches))
        result["accuracy"] = float((predict(test[0]) == test[1]).mean())
    return result


def weigh(options: argparse.Namespace) -> dict[str, Any]:
    """Peak of the arrays of one trainer, without its framework."""
    network = NETWORKS[options.model]
    x, y, _ = _data(options)
    start = _starter(options, network)
    x, y = next(_batches(x, y, options))
    if options.worker.startswith("numpy"):
        tracemalloc.start()
        step, _ = start()
        for _ in range(3):
            step(x, y)
        return {"arrays_mib": tracemalloc.get_traced_memory()[1] / _MIB}
    step, _ = start()
    for count in (2, 3, 3):  # traced once more, for any size; then nothing is set up any more
        step(x[:count], y[:count])
    base = _memory("VmRSS")
    _forget_peak()
    for _ in range(2):
        step(x, y)
    growth = _memory("VmHWM") - base
    shapes = network.shapes()
    method = "standard" if options.worker == "larq" else "low-memory"
    state = {row.tensor: row.elements for row in rows(shapes, 2, method, options.optimizer)}
    # Keras keeps W as float32; the optimizers of tinycl.edge keep one float16 momentum
    momenta = 4 * state["momenta"] if options.worker == "larq" else 2 * state["W"]
    return {"arrays_mib": growth + (4 * state["W"] + momenta) / _MIB, "step_mib": growth}


def _starter(options: argparse.Namespace, network: Any) -> Callable[[], tuple[Any, Any]]:
    """Import what a trainer needs; return a function that makes it: (step, predict)."""
    if options.worker.startswith("numpy"):
        from tinycl.edge.trainer import Trainer

        method = "standard" if options.worker == "numpy-standard" else "low-memory"

        def start() -> tuple[Any, Any]:
            trainer = Trainer(network, options.batch, method, options.optimizer, seed=options.seed)
            return trainer.step, trainer.predict

        return start

    from tinycl.edge.keras_models import build_keras
    from tinycl.edge.optimizers import make
    from tinycl.keras import import_tensorflow

    keras = import_tensorflow().keras
    is_low = options.worker == "drop-in"

    def start_keras() -> tuple[Any, Any]:
        keras.utils.set_random_seed(options.seed)
        model = build_keras(network, is_low)
        optimizer = make(options.optimizer) if is_low else _standard(options.optimizer)
        model.compile(optimizer, keras.losses.SparseCategoricalCrossentropy(from_logits=True))

        def predict(x: Any) -> Any:
            parts = [
                model.predict_on_batch(_scaled(x[i : i + 500])) for i in range(0, len(x), 500)
            ]
            return np.concatenate(parts).argmax(axis=1)

        return lambda x, y: model.train_on_batch(_scaled(x), y), predict

    return start_keras


def _standard(name: str) -> Any:
    """Keras' or Larq's own optimizer; the paper's settings for Bop."""
    from tinycl.keras import import_larq, import_tensorflow

    keras, larq = import_tensorflow().keras, import_larq()
    if name == "bop":
        return larq.optimizers.CaseOptimizer(
            (larq.optimizers.Bop.is_binary_variable, larq.optimizers.Bop(1e-6, 1e-4)),
            default_optimizer=keras.optimizers.legacy.Adam(1e-3),
        )
    return keras.optimizers.Adam(1e-3) if name == "adam" else keras.optimizers.SGD(0.1, 0.9)


def _scaled(x: Any) -> Any:
    """Pixels as -1..1, like the numpy trainer takes them."""
    return x * np.float32(2 / 255) - 1


def _data(options: argparse.Namespace) -> tuple[Any, Any, tuple[Any, Any]]:
    shape = NETWORKS[options.model].input_shape
    if options.data:
        data = load(options.data)
        if data.input_shape != shape:
            raise TinyclError(f"{options.model} takes samples of {shape}, got {data.input_shape}")
        return data.x_train, data.y_train, (data.x_test, data.y_test)
    random = np.random.default_rng(options.seed)
    x = random.integers(0, 256, (2 * options.batch, *shape), np.uint8)
    y = random.integers(0, 10, len(x))
    return x, y, (x, y)


def _batches(x: Any, y: Any, options: argparse.Namespace) -> Any:
    """Shuffled batches without end, the same for every trainer."""
    random = np.random.default_rng(options.seed)
    while True:
        order = random.permutation(len(x))
        for start in range(0, len(x) - options.batch + 1, options.batch):
            chosen = order[start : start + options.batch]
            yield x[chosen], y[chosen]


def _timed(step: Callable[[Any, Any], Any], x: Any, y: Any) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    step(x, y)
    return 1e3 * (time.perf_counter() - wall), 1e3 * (time.process_time() - cpu)


def _memory(field: str) -> float:
    """MiB of this process, from /proc."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) / 1024
    raise TinyclError("expected Linux, whose /proc tells a process its peak memory")


def _forget_peak() -> None:
    """Set VmHWM back to VmRSS: what importing took is not training's."""
    Path("/proc/self/clear_refs").write_text("5")


def _spawn(trainer: str, words: list[str]) -> dict[str, Any]:
    """Measure one trainer in fresh processes."""
    command = [sys.executable, __file__, *words, "--worker", trainer]
    result: dict[str, Any] = {}
    for more, setting in (([], {}), (["--weigh"], {"MALLOC_MMAP_THRESHOLD_": "131072"})):
        environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"} | setting
        done = subprocess.run([*command, *more], capture_output=True, text=True, env=environment)
        if done.returncode:
            raise TinyclError(f"{trainer} failed: {done.stderr.strip()[-600:]}")
        result |= json.loads(done.stdout.strip().splitlines()[-1])
    return result


def _modelled(options: argparse.Namespace, trainer: str) -> float:
    method = "standard" if trainer in ("larq", "numpy-standard") else "low-memory"
    shapes = NETWORKS[options.model].shapes()
    return total_bytes(rows(shapes, options.batch, method, options.optimizer)) / _MIB


def _report(options: argparse.Namespace, results: list[dict[str, Any]]) -> dict[str, Any]:
    settings = {name: getattr(options, name) for name in ("model", "batch", "optimizer", "steps")}
    trainers = {
        result["trainer"]: result | {"modelled_mib": _modelled(options, result["trainer"])}
        for result in results
    }
    return {**settings, "data": options.data, "epochs": options.epochs, "trainers": trainers}


def _show(options: argparse.Namespace, results: list[dict[str, Any]]) -> None:
    title = f"{options.model}, batch {options.batch}, {options.optimizer}, {options.steps} steps"
    table = Table(title=title)
    table.add_column("trainer")
    for heading in ("model MiB", "peak MiB", "arrays MiB", "wall ms", "cpu ms", "accuracy"):
        table.add_column(heading, justify="right")
    for result in results:
        accuracy = f"{100 * result['accuracy']:.2f} %" if "accuracy" in result else ""
        arrays = f"{result['arrays_mib']:.2f}" if "arrays_mib" in result else ""
        table.add_row(
            result["trainer"],
            f"{_modelled(options, result['trainer']):.2f}",
            f"{result['peak_mib']:.2f}",
            arrays,
            f"{result['wall_ms']:.1f}",
            f"{result['cpu_ms']:.1f}",
            accuracy,
        )
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main())
