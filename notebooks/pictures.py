"""What the notebooks draw, and the backbone that they share."""

from __future__ import annotations

import json
import math
import os
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import MaxNLocator, PercentFormatter
from rich.console import Console
from tinycl_rt.kernels.numpy import core as numpy_kernels

from tinycl.report.theme import COLOURS, styled

__all__ = [
    "RUNS",
    "TRAINING",
    "backbone",
    "confusion",
    "curves",
    "matrix",
    "memory",
    "say",
    "shell",
    "tiles",
]

RUNS = Path("../runs/notebooks")
"""What the notebooks write; git ignores it."""

_COLUMNS = 112  # of text
_GAP = "#b9c4d0"  # between pictures: neither black nor white

TRAINING: dict[str, dict[str, Any]] = {
    "digits": {"size": "8k", "classes": range(5), "epochs": 15, "seed": 0},
    "mnist": {"size": "16k", "classes": range(5), "epochs": 5, "seed": 0},
}
"""How notebook 1 trains, by data set: the others start from the same backbone."""


def backbone(name: str) -> Path:
    """Folder with ``backbone.keras``, ``backbone.tflite`` and ``model.tcm`` of a data set.

    What is missing is made: training takes a while, and only the first notebook that asks waits.
    """
    folder = RUNS / name
    if not (folder / "backbone.keras").exists():
        from tinycl.data import load
        from tinycl.models.files import save_model
        from tinycl.training.trainer import train

        result = train(load(name), **TRAINING[name])
        save_model(result.backbone, folder / "backbone.keras")
        (folder / "history.json").write_text(json.dumps(result.history))
    if not (folder / "model.tcm").exists():
        from tinycl.compiler.compiler import compile_file
        from tinycl.compiler.lce_converter import convert

        convert(folder, folder / "backbone.tflite")
        (folder / "model.tcm").write_bytes(compile_file(folder / "backbone.tflite")[1].data)
    return folder


def say(table: Any) -> None:
    """Print a rich table as plain text."""
    Console(force_jupyter=False, color_system=None, width=_COLUMNS).print(table, highlight=False)


def shell(command: str) -> None:
    """Run a command line and print what it says; if it fails, the cell does."""
    print("$", command)
    environment = os.environ | {"COLUMNS": str(_COLUMNS), "NO_COLOR": "1"}
    for name in ("FORCE_COLOR", "CLICOLOR_FORCE"):
        environment.pop(name, None)
    done = subprocess.run(shlex.split(command), capture_output=True, text=True, env=environment)
    print(done.stdout)
    if done.returncode:
        raise RuntimeError(done.stderr.strip() or f"exit status {done.returncode}")


def matrix(image: Any, title: str = "", size: tuple[float, float] = (8, 2.5)) -> None:
    """One picture of numbers; -1 is black and +1 is white."""
    with styled(font_size=10):
        figure, axes = plt.subplots(figsize=size)
        axes.imshow(image, cmap="gray", interpolation="nearest", aspect="auto")
        axes.set(title=title, xticks=[], yticks=[])
    plt.show()
    plt.close(figure)


def tiles(
    images: Any, title: str = "", columns: int = 16, names: Sequence[Any] = (), inch: float = 0.5
) -> None:
    """Many small pictures (N, height, width), each with its own grey levels, side by side."""
    images = np.asarray(images, float)
    low, high = (f(images, axis=(1, 2), keepdims=True) for f in (np.min, np.max))
    images = (images - low) / np.maximum(high - low, 1e-9)
    count, height, width = images.shape
    rows = math.ceil(count / columns)
    gap = math.ceil(0.2 * (width + 1) / inch) if len(names) else 1  # room for a name
    sheet = np.full((rows * (height + gap), columns * (width + 1)), np.nan)
    with styled(font_size=9):
        figure, axes = plt.subplots(
            figsize=(inch * columns, inch * len(sheet) / (width + 1) + 0.3)
        )
        for i, image in enumerate(images):
            top, left = i // columns * (height + gap) + gap, i % columns * (width + 1)
            sheet[top : top + height, left : left + width] = image
            if len(names):
                axes.text(left + width / 2 - 0.5, top - 0.7, names[i], ha="center", va="bottom")
        axes.imshow(sheet, cmap="gray", interpolation="nearest", vmin=0, vmax=1)
        axes.set(xticks=[], yticks=[], facecolor=_GAP)
        axes.set_title(title, size=11, color=COLOURS["soft"])
    plt.show()
    plt.close(figure)


def curves(
    series: Mapping[str, Sequence[float]],
    xlabel: str,
    ylabel: str = "accuracy",
    percent: bool = True,
    first: int = 0,
) -> Any:
    """Lines over whole numbers from ``first`` on; returns the figure."""
    with styled(font_size=10, lines_markersize=6, lines_linewidth=2):
        figure, axes = plt.subplots(figsize=(7.5, 3.2))
        for name, values in series.items():
            marker = "o" if len(values) < 25 else ""
            axes.plot(range(first, first + len(values)), values, marker=marker, label=name)
        axes.grid(axis="y")
        axes.set(xlabel=xlabel, ylabel=ylabel)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        if percent:
            axes.set_ylim(0, 1.03)
            axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        if len(series) > 1:
            axes.legend(frameon=False)
        figure.draw_without_rendering()  # ticks are made here, while the style holds
    plt.close(figure)
    return figure


def confusion(truth: Any, predicted: Any, names: Sequence[str]) -> None:
    """How often class (row) was taken for class (column)."""
    counts = np.zeros((len(names), len(names)), int)
    np.add.at(counts, (np.asarray(truth), np.asarray(predicted)), 1)
    with styled(font_size=10):
        figure, axes = plt.subplots(figsize=(0.45 * len(names) + 1.2, 0.45 * len(names) + 0.8))
        strength = np.sqrt(counts / max(1, counts.max()))
        wrong = 1 - 2 * np.eye(len(names))
        axes.imshow(-wrong * strength, cmap="BrBG", vmin=-1.2, vmax=1.2)
        for (row, column), count in np.ndenumerate(counts):
            if count:
                colour = "white" if strength[row, column] > 0.6 else "black"
                axes.text(column, row, count, ha="center", va="center", color=colour)
        axes.set_xticks(range(len(names)), names, rotation=90 if max(map(len, names)) > 2 else 0)
        axes.set_yticks(range(len(names)), names)
        axes.set(xlabel="taken for", ylabel="shown")
    plt.show()
    plt.close(figure)


def memory(learner: Any, names: Sequence[str]) -> None:
    """The replay memory as it is: a column of bits a slot, by class; below it the class."""
    replay = learner.replay
    labels = np.frombuffer(replay.labels, np.uint8)[: replay.count]
    order = np.argsort(labels, kind="stable")
    packed = np.frombuffer(replay.bits, np.uint8)[: replay.count * replay.latent_bytes]
    bits = numpy_kernels.unpack(packed.reshape(replay.count, -1), 8 * replay.latent_bytes)
    present, starts, counts = np.unique(labels[order], return_index=True, return_counts=True)
    with styled(font_size=10):
        figure, (above, below) = plt.subplots(
            2, 1, figsize=(9, 3.6), sharex=True, height_ratios=[8, 1]
        )
        above.imshow(bits[order].T, cmap="gray", aspect="auto", interpolation="nearest")
        above.set(yticks=[], ylabel=f"{bits.shape[1]:,} bits")
        above.set_title(f"{replay.count} slots of {replay.latent_bytes} bytes")
        below.imshow(labels[order][None], cmap="tab10", vmin=0, vmax=9, aspect="auto")
        below.set(yticks=[], xlabel="class")
        below.set_xticks(starts + counts / 2 - 0.5, [names[i] for i in present])
    plt.show()
    plt.close(figure)
