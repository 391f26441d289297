"""A learner on this computer: the board's own code with numpy kernels, bit for bit the board."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from tinycl_rt.config import Config
from tinycl_rt.kernels.numpy import core as numpy_kernels
from tinycl_rt.learner import Learner
from tinycl_rt.model.loader import Model
from tinycl_rt.trainable.layers import operators

from tinycl.data.scenario import Experience
from tinycl.exceptions import CompileError, DataError
from tinycl.experiment.evaluate import predict_latents
from tinycl.experiment.experiment import Experiment
from tinycl.experiment.float32.head import FloatLearner
from tinycl.experiment.settings import differences
from tinycl.inference import latents
from tinycl.observer import Observer

__all__ = ["Latents", "Simulator", "check_shape", "make_learner"]


class Latents:
    """Latents of samples, computed once and shared by runs over the same model and data.

    Parameters
    ----------
    model
        A compiled model.
    experiments
        Over one data set and of one depth: only samples that their experiences bring are
        computed, and the whole test set.

    Attributes
    ----------
    test : numpy.ndarray
        uint8 (N, h, w, bytes): packed latents of the test set.
    """

    def __init__(
        self,
        model: Model,
        *experiments: Experiment,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        dataset = experiments[0].dataset
        wanted = np.unique(np.concatenate([e.indices for p in experiments for e in p.experiences]))
        total = len(wanted) + len(dataset.x_test)

        def report(done: int, before: int = 0) -> None:
            if progress is not None:
                progress(before + done, total)

        stop = -1
        if experiments[0].config.depth:
            stop = _first(model, experiments[0])
        self._train = latents(model, dataset.x_train[wanted], report, stop)
        self._rows = np.full(len(dataset.x_train), -1, np.int64)
        self._rows[wanted] = np.arange(len(wanted))
        self.test = latents(model, dataset.x_test, lambda n: report(n, len(wanted)), stop)

    def train(self, index: int) -> memoryview:
        """Packed latent bits of one training sample."""
        return memoryview(self._train[self._rows[index]].reshape(-1))


def _first(model: Model, experiment: Experiment) -> int:
    """The operator where an experiment's tail begins."""
    try:
        return len(model.operators) - 1 - len(operators(model, experiment.config))
    except ValueError as error:
        raise DataError(str(error)) from None


def check_shape(model: Model, experiment: Experiment) -> None:
    """DataError when an experiment's data set has another shape than the model takes."""
    if experiment.dataset.input_shape != model.input_shape:
        raise DataError(
            f"the model takes pixels of {model.input_shape}, {experiment.dataset.name} has "
            f"{experiment.dataset.input_shape}: choose the data set that it was trained for"
        )


def make_learner(model: Model, experiment: Experiment, state: bytes | None = None) -> Learner:
    """A learner at the start of an experiment, or where a state left it.

    Raises
    ------
    CompileError
        The state belongs to another model, or is damaged; or float32 arithmetic, which has none.
    DataError
        The state was learned with other settings or on a longer stream.
    """
    kind = Learner if experiment.settings.arithmetic == "integer" else FloatLearner
    learner = kind(model, experiment.config, kernels=numpy_kernels)
    if state is None:
        return learner
    try:
        learner.restore(state)
    except ValueError as error:
        raise CompileError(str(error)) from None
    wanted = Config.unpack(experiment.config.pack())
    wanted.seed = learner.config.seed  # a state may go on with the stream of another seed
    other = differences(learner.config, wanted)
    if other:
        raise DataError(
            f"the state was learned with other settings ({other}): give the same "
            "ones, and the same data set"
        )
    samples = {e.number: len(e.indices) for e in experiment.experiences}
    if learner.experience > max(samples) + 1:
        raise DataError(
            f"the state has learned {learner.experience} experiences, the stream has "
            f"{len(samples)}: give the scenario that it was learned with"
        )
    now = samples.get(learner.experience, 0)
    if learner.position > now:
        raise DataError(
            f"the state has learned {learner.position} samples of experience "
            f"{learner.experience}, which has {now} here: give the stream that it was learned with"
        )
    return learner


class Simulator:
    """A ``Subject`` of the loop.

    Parameters
    ----------
    model, experiment
        What learns, and what from.
    cache
        Latents of the experiment's samples; computed when not given.
    state
        A state to go on from, as a board's backup or an earlier simulation left it.

    Raises
    ------
    DataError
        The data set has another shape than the model, or as `make_learner` says.
    CompileError
        As `make_learner` says.
    """

    def __init__(
        self,
        model: Model,
        experiment: Experiment,
        cache: Latents | None = None,
        state: bytes | None = None,
    ) -> None:
        check_shape(model, experiment)
        self._experiment = experiment
        self._cache = cache or Latents(model, experiment)
        self.learner = make_learner(model, experiment, state)

    @property
    def next_experience(self) -> int:
        """See ``Subject``."""
        return int(self.learner.experience)

    def learn(self, experience: Experience, observer: Observer) -> None:
        """See ``Subject``."""
        learner, labels = self.learner, self._experiment.dataset.y_train
        if not learner.is_open:
            learner.begin(experience.number, experience.classes, len(experience.indices))
            names = self._experiment.names(experience)
            for j, name in zip(experience.classes, names, strict=True):
                learner.name(int(j), name)
        for position in range(learner.position, len(experience.indices)):
            index = experience.indices[position]
            label = int(labels[index])
            best = learner.learn_latent(self._cache.train(index), label)
            observer.sample(position + 1, label, best)
        learner.end()

    def predict(
        self, indices: npt.NDArray[np.int64], observer: Observer | None = None
    ) -> npt.NDArray[np.int64]:
        """See ``Subject``."""
        return predict_latents(self.learner, self._cache.test[indices])

    def fingerprint(self) -> int:
        """See ``Subject``."""
        return int(self.learner.fingerprint())
