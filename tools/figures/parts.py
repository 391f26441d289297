"""What is measured for a part of the figures, and the lines of pages that quote it."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinycl_rt.config import CWR, LDA

from tinycl.boards.registry import BUILT, FROZEN
from tools.bench import kernels, ram
from tools.bench.synthetic_model import synthetic_model
from tools.figures.lines import Line
from tools.zoo.recordings import write

__all__ = ["PARTS", "Part", "demo_values"]

Values = dict[str, Any]

_TINYCL = Path(sys.executable).with_name("tinycl")
_PERFORMANCE = "tinycl/docs/performance.md"
_HEADS = "tinycl/docs/heads.md"


@dataclass(frozen=True)
class Part:
    """A measurement, which returns figures by name, and the lines that quote them."""

    measure: Callable[[], Values]
    lines: tuple[Line, ...]


def _command(*words: str) -> Any:
    """What a command of tinycl writes with ``--json``."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "found.json"
        subprocess.run([_TINYCL, *words, "--json", file], check=True)
        return json.loads(file.read_text())


def _demo() -> Values:
    with tempfile.TemporaryDirectory() as folder:
        words = ["demo", "--seed", "1", "-o", folder]
        subprocess.run([_TINYCL, *words], check=True)
        return demo_values(json.loads((Path(folder) / "summary.json").read_text()))


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


def _kernels() -> Values:
    """Instructions by ``board_kernel_set``, and with ``_mac`` those of a multiply-accumulate."""
    values: Values = {}
    for board, sets in (("cortex-m3", kernels.BACKENDS), ("cortex-m0", ("native",))):
        for row in kernels.measure(BUILT[board], list(sets)):
            name = f"{board[-2:]}_{row['kernel']}_{row['backend']}"
            values[name] = row["instructions"]
            values[f"{name}_million"] = row["instructions"] / 1e6
            values[f"{name}_mac"] = row["instructions_per_mac"]
    return values


def _ram() -> Values:
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


def _heads(model: str, data: str, limits: str, heads: str = "lda,mean,cwr") -> Values:
    """Accuracy by head and samples a class, mean ± standard deviation: ``lda_20``."""
    words = ["--model", model, "--data", data, "--order", "random", "--limit", limits]
    groups = _command("simulate", *words, "--seeds", "3", "--head", heads)
    return {
        f"{g['settings']['head']}_{g['settings']['limit']}": (
            f"{100 * g['final_accuracy_mean']:.1f} ± {100 * g['final_accuracy_std']:.1f}"
        )
        for g in groups
    }


def _unknown() -> Values:
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


def _row(title: str, *fields: str) -> str:
    """A row of a table; an empty cell where a field is empty."""
    return f"| {title} |" + "".join(f" {field} |" if field else " |" for field in fields) + "\n"


_CONV = "binary convolution 3×3, 64→64, per multiply-accumulate"  # noqa: RUF001
_FIRST = "first convolution, 8-bit, per multiply-accumulate"
_STEP = "head, predict and learn, 256 features × 10 classes, with its Python"  # noqa: RUF001
_ADD = "class sums: a sample of 1,024 features joins its class"
_TITLES = (("`lda`", "lda"), ("`mean`", "mean"), ("`cwr`, 200 latents", "cwr"))

PARTS = {
    "demo": Part(
        _demo,
        tuple(
            Line("README.md", template)
            for template in (
                "(0, 1, 2, 3, 4)   {first:.1f}%",
                "experience 5 (9)               {last:.1f}%",
                "by naive training                    {naive:.1f}%",
                "\nforgetting                                     {forgetting:.1f}%",
                "samples streamed             {samples}\n",
                "model                    {model:.1f} KiB\n",
                "head                    {head:.1f} KiB\n",
                "differ from LCE   {differing} of {bits:,}\n",
            )
        ),
    ),
    "kernels": Part(
        _kernels,
        tuple(
            Line(_PERFORMANCE, template)
            for template in (
                _row(
                    _CONV,
                    "{m3_binary_conv_3x3_64_64_native_mac:.2f}",
                    "{m3_binary_conv_3x3_64_64_viper_mac:.2f}",
                    "{m3_binary_conv_3x3_64_64_reference_mac:.0f}",
                    "{m0_binary_conv_3x3_64_64_native_mac:.2f}",
                ),
                _row(
                    _FIRST,
                    "{m3_first_conv_8bit_native_mac:.1f}",
                    "{m3_first_conv_8bit_viper_mac:.0f}",
                    "{m3_first_conv_8bit_reference_mac:.0f}",
                    "{m0_first_conv_8bit_native_mac:.1f}",
                ),
                _row(
                    _STEP,
                    "{m3_head_step_256x10_native:,}",
                    "{m3_head_step_256x10_viper:,}",
                    "{m3_head_step_256x10_reference_million:.1f} M",
                    "{m0_head_step_256x10_native:,}",
                ),
                _row(
                    _ADD,
                    "{m3_lda_class_add_1024_native:,}",
                    "{m3_lda_class_add_1024_viper:,}",
                    "",
                    "",
                ),
                _row(
                    "shared covariance: a sample of 1,024 features joins 48 rows",
                    "{m3_lda_fold_1024x48_native:,}",
                    "",
                    "",
                    "",
                ),
                _row(
                    "the same with 32 rows",
                    "{m3_lda_fold_1024x32_native:,}",
                    "{m3_lda_fold_1024x32_viper_million:.1f} M",
                    "",
                    "",
                ),
                _row(
                    "shared covariance: weights of 10 classes, 512 features, 32 rows",
                    "{m3_lda_refresh_512x32x10_native_million:.1f} M",
                    "",
                    "",
                    "",
                ),
            )
        ),
    ),
    "ram": Part(
        _ram,
        tuple(
            Line(_PERFORMANCE, template)
            for template in (
                _row(
                    "predict (`tinycl flash --profile predict`), from files",
                    "{predict_heap:,}",
                ),
                _row(
                    "learn, predict, save and restore, from files, without a head",
                    "{learn_heap:,}",
                ),
                _row(
                    "learn and serve a host (`--profile serve`), from files, without a head",
                    "{serve_heap:,}",
                ),
                _row(
                    "the same frozen into the firmware (`python -m tools.release.frozen`)",
                    "{frozen:,}",
                ),
                _row("a head's code: `lda` from files, from ROMFS", "{lda_heap:,}, {lda_romfs:,}"),
                _row("a head's code: `cwr` from files, from ROMFS", "{cwr_heap:,}, {cwr_romfs:,}"),
                _row(
                    "sources with kernels in plain Python, as on CircuitPython, with `lda`",
                    "{sources:,}",
                ),
            )
        ),
    ),
    "letters": Part(
        lambda: _heads("grey", "letters", "5,20,50"),
        tuple(
            Line(_HEADS, _row(title, *(f"{{{head}_{n}}}" for n in (5, 20, 50))))
            for title, head in _TITLES
        ),
    ),
    "cifar10": Part(
        lambda: _heads("colour-s", "cifar10", "5,10,20,50,100,1000"),
        tuple(
            Line(_HEADS, _row(title, *(f"{{{head}_{n}}}" for n in (5, 10, 20, 50, 100, 1000))))
            for title, head in _TITLES
        ),
    ),
    "unknown": Part(
        _unknown,
        tuple(
            Line(
                _HEADS,
                _row(
                    title,
                    f"{{{name}_auroc:.3f}}",
                    f"{{{name}_auroc_margin:.3f}}",
                    f"{{{name}_accepted_at_90:.0%}}",
                    f"{{{name}_coverage:.0%}}",
                    f"{{{name}_confidence:.2f}}, {{{name}_accuracy:.2f}}",
                ),
            )
            for title, name in (
                ("exercises, `motion` | 1 of 4", "exercises"),
                ("letters, `grey` | 5 of 26", "letters"),
                ("MNIST, `grey` | 2 of 10", "mnist"),
                ("CIFAR-10, `colour-s` | 2 of 10", "cifar10"),
            )
        ),
    ),
}
