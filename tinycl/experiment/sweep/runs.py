"""The runs of a sweep: what they share, one run, and all of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from tinycl_rt.model.loader import Model

from tinycl import __version__
from tinycl.compiler.compiler import load_tcm
from tinycl.data import Dataset
from tinycl.exceptions import DataError
from tinycl.experiment.experiment import Experiment
from tinycl.experiment.loop import Record, run
from tinycl.experiment.settings import ExperimentSettings
from tinycl.experiment.simulator import Latents, Simulator, check_shape
from tinycl.experiment.sweep.pool import each, one_thread
from tinycl.experiment.sweep.store import Store, key
from tinycl.observer import Observer

__all__ = ["Bench", "simulate", "sweep"]

Bar = Callable[[int, int], None]


@dataclass(frozen=True)
class Bench:
    """What all runs of a sweep share.

    Attributes
    ----------
    name : str
        Of the model's file.
    blob : bytes
        The compiled model.
    dataset : Dataset
    experiences : int, optional
        Number of experiences to run of each stream; default: all.
    state : bytes, optional
        What the learners start from.
    """

    name: str
    blob: bytes
    dataset: Dataset
    experiences: int | None = None
    state: bytes | None = None

    def model(self) -> Model:
        """The model; CompileError if it is none."""
        return load_tcm(self.blob)

    def experiment(self, settings: ExperimentSettings) -> Experiment:
        """The stream of a run; DataError for settings that do not fit."""
        experiment = Experiment.make(self.dataset, settings)
        return experiment if self.experiences is None else experiment.first(self.experiences)

    def light(self) -> Bench:
        """The same without pixels, for workers that have latents."""
        none = np.empty((0, *self.dataset.input_shape), np.uint8)
        return replace(self, dataset=replace(self.dataset, x_train=none, x_test=none))

    def identity(self) -> dict[str, Any]:
        """What results depend on besides the settings, as plain values."""
        d = self.dataset
        arrays = (d.x_train, d.y_train, d.x_test, d.y_test)
        return {
            "model": self.model().fingerprint.hex(),
            "data": [d.name, *(crc32(a.tobytes()) for a in arrays)],
            "experiences": self.experiences,
            "state": self.state and crc32(self.state),
            "version": __version__,
        }


def simulate(
    bench: Bench, settings: ExperimentSettings, latents: Latents, observer: Observer | None = None
) -> tuple[dict[str, Any], Simulator]:
    """One run: its result as plain values, and the learner as it ended."""
    started = time.monotonic()
    with one_thread():
        experiment = bench.experiment(settings)
        subject = Simulator(bench.model(), experiment, latents, bench.state)
        record: Record = run(experiment, subject, observer)
    result = {
        "seed": settings.seed,
        **record.summary(),
        "state_fingerprint": record.fingerprint,
        "seconds": round(time.monotonic() - started, 2),
    }
    if subject.learner.tail:
        result["flips"] = subject.learner.tail.flips
    return result, subject


def sweep(
    bench: Bench,
    settings: Sequence[ExperimentSettings],
    seeds: int = 1,
    jobs: int | None = None,
    backend: str = "loky",
    results: Path | None = None,
    on_latents: Bar | None = None,
    on_run: Bar | None = None,
) -> list[dict[str, Any]]:
    """Run every setting with every seed.

    The latents are computed once; a run that the results folder has is not run again. Results do
    not depend on the number of workers: integers not at all, float32 by rounding at most, where
    workers are computers of different kinds.

    Parameters
    ----------
    seeds
        Runs of each setting, with its seed, seed + 1, ...
    jobs, backend
        See ``tinycl.experiment.sweep.pool.each``.
    results
        Folder that keeps finished runs.
    on_latents, on_run
        Called with samples, and runs, done and in all.

    Returns
    -------
    list of dict
        One for each setting: see `group`.

    Raises
    ------
    DataError
        ExperimentSettings that do not fit, before anything is run.
    """
    if seeds < 1:
        raise DataError(f"expected at least 1 seed, got {seeds}")
    model, store = bench.model(), Store(results)
    todo = [replace(s.sized(model), seed=s.seed + i) for s in settings for i in range(seeds)]
    experiments = [bench.experiment(s) for s in todo]  # all mistakes come before the work
    check_shape(model, experiments[0])
    identity = bench.identity()
    names = [key(settings=vars(s), **identity) for s in todo]
    found = [store.get(name) for name in names]
    missing = [i for i, result in enumerate(found) if result is None]
    done = len(todo) - len(missing)
    if missing:
        depths = {todo[i].learn for i in missing}
        latents = {
            learn: Latents(
                model,
                *(experiments[i] for i in missing if todo[i].learn == learn),
                progress=on_latents,
            )
            for learn in sorted(depths)
        }
        light = bench.light()
        if on_run:
            on_run(done, len(todo))
        calls = [(light, todo[i], latents[todo[i].learn]) for i in missing]
        for place, result in each(_result, calls, jobs, backend):
            store.put(names[missing[place]], result)
            found[missing[place]] = result
            done += 1
            if on_run:
                on_run(done, len(todo))
    runs = [result for result in found if result is not None]
    return [
        group(bench, model, experiments[at], runs[at : at + seeds])
        for at in range(0, len(todo), seeds)
    ]


def group(
    bench: Bench, model: Model, experiment: Experiment, runs: list[dict[str, Any]]
) -> dict[str, Any]:
    """The runs of one setting, with mean and (population) standard deviation over the seeds."""
    finals = np.array([result["final_accuracy"] for result in runs])
    return {
        "model": bench.name,
        "model_fingerprint": model.fingerprint.hex(),
        "settings": experiment.describe(),
        "replay_bytes": experiment.config.replay_slots * experiment.settings.latent(model).nbytes,
        "runs": runs,
        "final_accuracy_mean": float(finals.mean()),
        "final_accuracy_std": float(finals.std()),
    }


def _result(bench: Bench, settings: ExperimentSettings, latents: Latents) -> dict[str, Any]:
    return simulate(bench, settings, latents)[0]
