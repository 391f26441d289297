"""The whole job on the digits: train, convert, compile, stream, compare."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console

from tinycl.boards import EmulatedBoard
from tinycl.compiler.compiler import Compiled, compile_file
from tinycl.compiler.verify import random_pixels, verify
from tinycl.data import Dataset, load
from tinycl.experiment.board import StreamedBoard
from tinycl.experiment.experiment import Experiment
from tinycl.experiment.loop import Record, run
from tinycl.experiment.prepare import prepare
from tinycl.experiment.settings import ExperimentSettings
from tinycl.experiment.simulator import Latents, Simulator
from tinycl.experiment.summary import summarise
from tinycl.files import try_folder, write_file, write_json
from tinycl.link import connect
from tinycl.observer import Observer
from tinycl.text import size

__all__ = ["KNOWN", "Backbone", "make_backbone", "run_demo"]

KNOWN = 5
"""Classes that the backbone is trained on; the others come later, one by one."""

_TRAINING: dict[str, Any] = {"size": "8k", "classes": range(KNOWN), "seed": 0}


@dataclass(frozen=True)
class Backbone:
    """A converted backbone and its compiled form."""

    flatbuffer: bytes
    compiled: Compiled
    was_there: bool


def make_backbone(dataset: Dataset, folder: Path, console: Console, fresh: bool) -> Backbone:
    """Train and convert in a folder, or reuse what an earlier call left there."""
    tflite = folder / "backbone.tflite"
    record = folder / "training.json"
    settings = {**_TRAINING, "classes": list(_TRAINING["classes"]), "data": dataset.name}
    was_there = not fresh and tflite.exists() and _reads(record) == settings
    if not was_there:
        from tinycl.compiler.lce_converter import convert
        from tinycl.training.trainer import train

        result = train(dataset, **_TRAINING, console=console)
        convert(result.backbone, tflite)
        write_json(record, settings)
    return Backbone(*compile_file(tflite), was_there)


def _reads(path: Path) -> Any:
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return None


def run_demo(
    folder: Path,
    board: EmulatedBoard,
    fresh: bool,
    seed: int,
    console: Console,
    live: Observer,
    command: str,
) -> dict[str, Any]:
    """Do everything; returns the summary.

    Parameters
    ----------
    folder
        Where the backbone, the model and the results go.
    board
        Where the learner runs; it is started here.
    fresh
        Train again even if there is a backbone.
    seed
        Of the stream and the learner.
    """
    try_folder(folder)
    dataset = load("digits")
    experiment = Experiment.make(
        dataset, ExperimentSettings(scenario=f"nc:1,first={KNOWN}", seed=seed)
    )
    console.rule("1  a binary network learns the digits 0-4 on this computer")
    backbone = make_backbone(dataset, folder, console, fresh)
    compiled, model = backbone.compiled, backbone.compiled.model
    write_file(folder / "model.tcm", compiled.data)
    if backbone.was_there:
        console.print("reusing the trained backbone (--fresh trains again)")
    console.rule("2  compiled for the board, held against Larq Compute Engine")
    parity = verify(backbone.flatbuffer, compiled, dataset.x_test)
    noise = verify(backbone.flatbuffer, compiled, random_pixels(100, model.input_shape))
    checked = parity.bits_checked + noise.bits_checked
    differing = parity.bits_differing + noise.bits_differing
    console.print(
        f"{size(model.nbytes)}; {checked:,} latent bits checked against LCE, {differing} differ",
        highlight=False,
    )
    cache = Latents(model, experiment)
    known = Simulator(model, experiment.first(1), cache)
    run(experiment.first(1), known)
    console.rule("3  the board meets the digits 5-9, one new class after another")
    summary = _on_board(experiment, compiled, bytes(known.learner.dump()), board, live, command)
    console.rule("4  the same stream on the simulator, and by naive training")
    simulated = run(experiment, Simulator(model, experiment, cache))
    settings = replace(experiment.settings, method="naive", head="cwr", replay=0)
    naive_experiment = Experiment.make(dataset, settings)
    naive = run(naive_experiment, Simulator(model, naive_experiment, cache))
    return summary | {
        "simulator_fingerprint": simulated.fingerprint,
        "naive_final_accuracy": naive.accuracy[-1],
        "naive_accuracy_after_experience": naive.accuracy,
        "bits_checked_against_lce": checked,
        "bits_differing": differing,
    }


def _on_board(
    experiment: Experiment,
    compiled: Compiled,
    state: bytes,
    board: EmulatedBoard,
    live: Observer,
    command: str,
) -> dict[str, Any]:
    with board, connect(board.port, board.patience, revive=board.start) as client:
        client.observer = live
        experiment = prepare(client, experiment, compiled.data, state)
        info = client.hello()
        live.message(
            f"board {board.name}: {info.platform}, {info.backend} kernels, at {client.name}"
        )
        subject = StreamedBoard(client, experiment)
        record: Record = run(experiment, subject, live)
        client.try_save()
        summary = summarise(
            record, experiment, compiled.model, client, subject, board.name, command
        )
        client.bye()
    return summary
