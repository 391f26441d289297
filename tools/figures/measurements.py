"""What the figures are measured by."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from tinycl_rt.config import CWR, LDA, Config
from tinycl_rt.model.loader import Model

from tinycl import zoo
from tinycl.boards import Board
from tinycl.boards.registry import BOARDS, BUILT, FROZEN
from tinycl.experiment.prepare import with_rows_that_fit
from tools.bench import heads as bench_heads
from tools.bench import imports as bench_imports
from tools.bench import inference, kernels, ram
from tools.bench import pico as bench_pico
from tools.bench.synthetic_model import synthetic_model
from tools.boards.paths import PROJECT
from tools.boards.workload import run_workload
from tools.zoo.recordings import write

__all__ = [
    "Values",
    "cards",
    "code",
    "costs",
    "demo",
    "demo_values",
    "fits",
    "heads",
    "imports",
    "instructions",
    "native_code",
    "pico",
    "study",
    "unknown",
]

Values = dict[str, Any]

_TINYCL = Path(sys.executable).with_name("tinycl")


def _command(*words: str) -> Any:
    """What a command of tinycl writes with ``--json``."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "found.json"
        subprocess.run([_TINYCL, *words, "--json", file], check=True)
        return json.loads(file.read_text())


def demo() -> Values:
    """Figures of the demo that the README shows."""
    with tempfile.TemporaryDirectory() as folder:
        return demo_values(_command("demo", "--seed", "1", "-o", folder))


def demo_values(summary: dict[str, Any]) -> Values:
    """Figures of the demo's ``summary.json``."""
    accuracy = summary["accuracy_after_experience"]
    return {
        "first": 100 * accuracy[0],
        "last": 100 * accuracy[-1],
        "naive": 100 * summary["naive_final_accuracy"],
        "forgetting": 100 * summary["forgetting"],
        "samples": summary["samples_streamed"],
        "model": summary["model_bytes"] / 1024,
        "head": summary["head_bytes"] / 1024,
        "differing": summary["bits_differing"],
        "bits": summary["bits_checked_against_lce"],
    }


def instructions() -> Values:
    """Instructions by ``board_kernel_set``, and with ``_mac`` those of a multiply-accumulate."""
    values: Values = {}
    for board, sets in (("cortex-m3", kernels.BACKENDS), ("cortex-m0", ("native",))):
        for row in kernels.measure(BUILT[board], list(sets)):
            name = f"{board[-2:]}_{row['kernel']}_{row['backend']}"
            values[name] = row["instructions"]
            values[f"{name}_million"] = row["instructions"] / 1e6
            values[f"{name}_mac"] = row["instructions_per_mac"]
    return values


def imports() -> Values:
    """Millions of instructions that importing the runtime takes: ``m3_files``, ``m0_romfs``."""
    return {
        f"{board[-2:]}_{place}": count / 1e6
        for board in ("cortex-m3", "cortex-m0")
        for place, count in bench_imports.measure(BUILT[board]).items()
    }


def native_code() -> Values:
    """Bytes of heap that each native module takes on the Cortex-M3."""
    names = ("core", "cwr", "lda", "tail", "full", "float")
    calls = [_NATIVE.format(name=name) for name in names]
    rows = run_workload(BUILT["cortex-m3"], [], calls)
    return dict(zip(names, rows, strict=True))


_NATIVE = """
import gc
gc.collect()
before = gc.mem_alloc()
import tinycl_{name}
gc.collect()
print(gc.mem_alloc() - before)
"""


def cards() -> Values:
    """Bytes of flash and counted instructions of the zoo's backbones: ``grey_flash``."""
    values: Values = {}
    for name in zoo.names():
        data = zoo.model(name)
        [counted] = inference.measure(BUILT["cortex-m3"], data, ["native"])
        values[f"{name}_flash"] = len(data) / 1024
        values[f"{name}_instructions"] = counted["instructions"]
    return values


def fits() -> Values:
    """RAM on each board, computed, and how the head and the weights make do: ``pico_grey``."""
    models = {"demo": synthetic_model((8, 8, 1), "8k")}
    models |= {name: zoo.model(name) for name in ("motion", "grey", "colour-s")}
    return {
        f"{board}_{name}": _fitting(Model(data), BOARDS[board])
        for board in ("pico", "pico-w", "pico2", "esp32", "nrf52840", "circuitpython")
        for name, data in models.items()
    }


def _fitting(model: Model, board: Board) -> str:
    wanted = Config(classes=10)
    config, placed = with_rows_that_fit(model, board, wanted)
    if not placed.fits(placed.weights):
        return "no"
    rows, most = config.rows(model.features), wanted.rows(model.features)
    less = f"{rows} rows of {most}" if rows < most else ""
    streamed = "weights streamed" if placed.weights == "streamed" else ""
    how = ", ".join(filter(None, (less, streamed)))
    return f"{placed.need(placed.weights) / 1024:.1f} KiB" + (f": {how}" if how else "")


def pico() -> Values:
    """Time and heap of an emulated Pico: ``grey_native_predict``, ``grey_lda_taken``."""
    values: Values = {}
    for backend, names in bench_pico.TIMED.items():
        for name in names:
            predicting, learning = bench_pico.measure(name, backend)
            values[f"{name}_{backend}_predict"] = f"{predicting:.0f} ms"
            values[f"{name}_{backend}_learn"] = f"{learning:.0f} ms"
    for name in ("motion", "grey", "colour-s"):
        for config in bench_pico.settings(name):
            row = bench_pico.heap(name, config)
            for key in ("rows", "taken", "computed"):
                values[f"{name}_{row['head']}_{key}"] = row[key]
    return values


def costs() -> Values:
    """Bytes and work of each head: ``lda_512_end``."""
    return {
        f"{row['title'].split()[0]}_{row['features']}_{key}": row[key]
        for row in bench_heads.measure(10, [512, 1024])
        for key in ("bytes", "learn", "predict", "end")
    }


def study() -> Values:
    """Accuracies of the study's parts a and g, from their runs: ``mnist_cwr_float``."""
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for part in ("a", "g"):
        with (PROJECT / "notebooks" / "study" / f"{part}.csv").open() as file:
            for row in csv.DictReader(file):
                accuracy = float(row["final_accuracy"])
                found[f"{row['task']}_{_method(part, row)}"][row["seed"]] = accuracy
    values: Values = {}
    for name, seeds in found.items():
        accuracies = np.array(list(seeds.values()))
        mean, spread = 100 * accuracies.mean(), 100 * accuracies.std()
        values[name] = f"{mean:.1f}" if name.endswith("_float") else f"{mean:.1f} ± {spread:.1f}"
    return values


def _method(part: str, row: dict[str, str]) -> str:
    if part == "g":
        tail = "tail16" if row["wide"] == "True" else "tail8"
        return "deep_head" if row["learn"] == "head" else f"deep_{tail}"
    if row["learn"] != "head":
        name = row["learn"].replace(":", "")
    elif row["method"] == "cwr":
        name = "replay" if row["replay"] == "500" else "cwr"
    else:
        name = row["method"]
    return name + ("_float" if row["arithmetic"] == "float32" else "")


def code() -> Values:
    """Bytes of code in the heap of the Cortex-M3, in hundreds."""
    data, board = synthetic_model((28, 28, 1), "8k"), BUILT["cortex-m3"]
    values: Values = {}
    for code in ("heap", "romfs"):
        taken = ram.measure(board, data, 10, 0, code, "mapped", "predict")["code_bytes"]
        values[f"predict_{code}"] = taken["predict"] - taken["firmware"]
        for head, name in ((LDA, "lda"), (CWR, "cwr")):
            case = ram.measure(board, data, 10, 0, code, "mapped", "serve", head)
            values[f"{name}_{code}"] = _step(case, "head code") - _step(case, "model")
        taken = case["code_bytes"]
        values[f"learn_{code}"] = taken["learn"] - taken["firmware"]
        values[f"serve_{code}"] = _step(case, "runtime")
    frozen = ram.measure(FROZEN, data, 10, 0, "frozen", "mapped", "serve", LDA)
    values["frozen"] = _step(frozen, "runtime")
    sources = ram.measure(board, data, 10, 0, "sources", "heap", "serve", LDA)
    values["sources"] = sources["runtime_bytes"]
    return {name: round(value, -2) for name, value in values.items()}


def _step(case: dict[str, Any], name: str) -> int:
    return next(int(step["used"]) for step in case["steps"] if step["step"] == name)


def heads(model: str, data: str, limits: str, heads: str = "lda,mean,cwr") -> Values:
    """Accuracy by head and samples a class, mean ± standard deviation: ``lda_20``."""
    words = ["--model", model, "--data", data, "--order", "random", "--limit", limits]
    groups = _command("simulate", *words, "--seeds", "3", "--head", heads)
    return {
        f"{g['settings']['head']}_{g['settings']['limit']}": (
            f"{100 * g['final_accuracy_mean']:.1f} ± {100 * g['final_accuracy_std']:.1f}"
        )
        for g in groups
    }


def unknown() -> Values:
    """How well each backbone tells what it was not taught, by set and column."""
    values: Values = {}
    with tempfile.TemporaryDirectory() as folder:
        exercises = Path(folder) / "exercises.npz"
        write("har_exercise", exercises)
        for name, model, data, classes, limit in (
            ("exercises", "motion", f"npz:{exercises}", 1, 20),
            ("letters", "grey", "letters", 5, 20),
            ("mnist", "grey", "mnist", 2, 20),
            ("cifar10", "colour-s", "cifar10", 2, 50),
        ):
            words = ["--model", model, "--data", data, "--unknown", str(classes)]
            words += ["--limit", str(limit), "--order", "random", "--seeds", "3"]
            found = _command("simulate", *words)
            values |= {f"{name}_{key[8:]}": found[key] for key in found if key[:8] == "unknown_"}
    return values
