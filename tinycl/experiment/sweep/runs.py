"""The runs of a sweep: what they share, one run, and all of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from tinycl_rt.model.loader import Model
from typing_extensions import TypedDict

from tinycl import __version__
from tinycl.compiler.compiler import load_tcm
from tinycl.data import Dataset
from tinycl.exceptions import DataError
from tinycl.experiment.experiment import Experiment
from tinycl.experiment.loop import Record, run
from tinycl.experiment.settings import ExperimentSettings
from tinycl.experiment.simulator import Latents, Simulator, check_shape, make_learner
from tinycl.experiment.sweep.pool import each, one_thread
from tinycl.experiment.sweep.store import Store, key
from tinycl.experiment.unknown import tell_apart
from tinycl.observer import Observer

__all__ = ["Bench", "simulate", "sweep"]

_MOST_SEEDS = 10_000

Bar = Callable[[int, int], None]


class Result(TypedDict):
    """What one run measured; learners with a tail also have the ``flips`` of each layer."""

    seed: int
    final_accuracy: float
    accuracy_after_experience: list[float]
    per_class_after_experience: list[dict[str, float]]
    forgetting: float
    confusion: list[list[int]]
    experiences: list[dict[str, Any]]
    state_fingerprint: str
    seconds: float


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
        """The stream of a run; DataError or CompileError: settings or a state do not fit."""
        experiment = Experiment.make(self.dataset, settings)
        if self.experiences is not None:
            experiment = experiment.first(self.experiences)
        if self.state is not None:
            make_learner(self.model(), experiment, self.state)
        return experiment

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
    if settings.unknown:
        result |= tell_apart(subject.learner, latents.test, experiment)
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
    if not 0 < seeds <= _MOST_SEEDS:
        raise DataError(f"expected at least 1 seed and at most {_MOST_SEEDS:,}")
    model, store = bench.model(), Store(results)
    todo = [replace(s.sized(model), seed=s.seed + i) for s in settings for i in range(seeds)]
    experiments = [bench.experiment(s) for s in todo]  # all mistakes come before the work
    check_shape(model, experiments[0])
    identity = bench.identity()
    names = [key(settings=vars(s), **identity) for s in todo]
    found = [_whole(store.get(name)) for name in names]
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
        with closing(each(_result, calls, jobs, backend)) as finished:
            for place, result in finished:
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
    told = [name for name in runs[0] if name.startswith("unknown_")]
    return {
        **{name: float(np.mean([run[name] for run in runs])) for name in told},
        "model": bench.name,
        "model_fingerprint": model.fingerprint.hex(),
        "settings": experiment.describe(),
        "replay_bytes": experiment.config.replay_slots * experiment.settings.latent(model).nbytes,
        "runs": runs,
        "final_accuracy_mean": float(finals.mean()),
        "final_accuracy_std": float(finals.std()),
    }


def _whole(found: dict[str, Any] | None) -> dict[str, Any] | None:
    """A kept result; None, so that it is run again, where it is not what `simulate` returns."""
    from pydantic import TypeAdapter, ValidationError

    try:
        TypeAdapter(Result).validate_python(found)
    except ValidationError:
        return None
    return found


def _result(bench: Bench, settings: ExperimentSettings, latents: Latents) -> dict[str, Any]:
    return simulate(bench, settings, latents)[0]
