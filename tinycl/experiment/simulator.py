"""A learner on this computer: the board's own code with numpy kernels, bit for bit the board."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from tinycl_rt.kernels.numpy import core as numpy_kernels
from tinycl_rt.learner import Learner
from tinycl_rt.model.loader import Model
from tinycl_rt.trainable.layers import operators

from tinycl.data.scenario import Experience
from tinycl.exceptions import CompileError, DataError
from tinycl.experiment.evaluate import predict_latents
from tinycl.experiment.float32.head import FloatLearner
from tinycl.experiment.loop import OnSample
from tinycl.experiment.settings import Plan
from tinycl.inference import latents

__all__ = ["Latents", "Simulator", "check_shape"]


class Latents:
    """Latents of plans' samples, computed once and shared by runs over the same model and data.

    Parameters
    ----------
    model
        A compiled model.
    plans
        Over one data set and of one depth: only samples that their experiences bring are
        computed, and the whole test set.

    Attributes
    ----------
    test : numpy.ndarray
        uint8 (N, h, w, bytes): packed latents of the test set.
    """

    def __init__(
        self, model: Model, *plans: Plan, progress: Callable[[int, int], None] | None = None
    ) -> None:
        dataset = plans[0].dataset
        wanted = np.unique(np.concatenate([e.indices for p in plans for e in p.experiences]))
        total = len(wanted) + len(dataset.x_test)

        def report(done: int, before: int = 0) -> None:
            if progress is not None:
                progress(before + done, total)

        stop = -1
        if plans[0].config.depth:
            stop = _first(model, plans[0])
        self._train = latents(model, dataset.x_train[wanted], report, stop)
        self._rows = np.full(len(dataset.x_train), -1, np.int64)
        self._rows[wanted] = np.arange(len(wanted))
        self.test = latents(model, dataset.x_test, lambda n: report(n, len(wanted)), stop)

    def train(self, index: int) -> memoryview:
        """Packed latent bits of one training sample."""
        return memoryview(self._train[self._rows[index]].reshape(-1))


def _first(model: Model, plan: Plan) -> int:
    """The operator where a plan's tail begins."""
    try:
        return len(model.operators) - 1 - len(operators(model, plan.config))
    except ValueError as error:
        raise DataError(str(error)) from None


def check_shape(model: Model, plan: Plan) -> None:
    """DataError when a plan's data set has another shape than the model takes."""
    if plan.dataset.input_shape != model.input_shape:
        raise DataError(
            f"the model takes pixels of {model.input_shape}, {plan.dataset.name} has "
            f"{plan.dataset.input_shape}: choose the data set that it was trained for"
        )


class Simulator:
    """A ``Subject`` of the loop.

    Parameters
    ----------
    model, plan
        What learns, and what from.
    cache
        Latents of the plan's samples; computed when not given.
    state
        A state to go on from, as a board's backup or an earlier simulation left it.

    Raises
    ------
    DataError
        The data set has another shape than the model.
    CompileError
        The state belongs to another model, or is damaged; or the plan's arithmetic has none.
    """

    def __init__(
        self,
        model: Model,
        plan: Plan,
        cache: Latents | None = None,
        state: bytes | None = None,
    ) -> None:
        check_shape(model, plan)
        self._plan = plan
        self._cache = cache or Latents(model, plan)
        kind = Learner if plan.settings.arithmetic == "integer" else FloatLearner
        self.learner = kind(model, plan.config, kernels=numpy_kernels)
        if state is None:
            return
        try:
            self.learner.restore(state)
        except ValueError as error:
            raise CompileError(str(error)) from None

    @property
    def next_experience(self) -> int:
        """See ``Subject``."""
        return int(self.learner.experience)

    def learn(self, experience: Experience, on_sample: OnSample) -> None:
        """See ``Subject``."""
        learner, labels = self.learner, self._plan.dataset.y_train
        if not learner.is_open:
            learner.begin(experience.number, experience.classes, len(experience.indices))
            names = self._plan.names(experience)
            for j, name in zip(experience.classes, names, strict=True):
                learner.name(int(j), name)
        for position in range(learner.position, len(experience.indices)):
            index = experience.indices[position]
            label = int(labels[index])
            best = learner.learn_latent(self._cache.train(index), label)
            on_sample(position + 1, label, best)
        learner.end()

    def predict(self, indices: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """See ``Subject``."""
        return predict_latents(self.learner, self._cache.test[indices])

    def fingerprint(self) -> int:
        """See ``Subject``."""
        return int(self.learner.fingerprint())
