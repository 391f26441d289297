"""The loop of a run: learn an experience, test all classes seen so far, go on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from tinycl.data.scenario import Experience, test_indices
from tinycl.experiment.experiment import Experiment
from tinycl.experiment.metrics import confusion, forgetting
from tinycl.observer import Observer

__all__ = ["Record", "Subject", "run"]


class Subject(Protocol):
    """Something that learns: the simulator or a board."""

    @property
    def next_experience(self) -> int:
        """Number of the experience that it is in, or that comes next."""
        ...

    def learn(self, experience: Experience, observer: Observer) -> None:
        """Learn a whole experience, from wherever the subject is in it."""
        ...

    def predict(self, indices: npt.NDArray[np.int64], observer: Observer) -> npt.NDArray[np.int64]:
        """Classes of test samples by the consolidated head."""
        ...

    def fingerprint(self) -> int:
        """CRC32 of the learned state."""
        ...


@dataclass
class Record:
    """What a run measured, one entry for each experience.

    Accuracies are fractions, on the test samples of all classes seen so far.
    """

    experiences: list[dict[str, Any]] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    per_class: list[dict[int, float]] = field(default_factory=list)
    confusion: list[list[int]] = field(default_factory=list)
    fingerprint: str = ""

    @property
    def forgetting(self) -> float:
        """Mean loss against each class's best, see ``tinycl.experiment.metrics.forgetting``."""
        return forgetting(self.per_class)

    def summary(self) -> dict[str, Any]:
        """The fields of ``summary.json`` that a run alone decides."""
        return {
            "final_accuracy": self.accuracy[-1],
            "accuracy_after_experience": self.accuracy,
            "per_class_after_experience": [
                {str(c): a for c, a in entry.items()} for entry in self.per_class
            ],
            "forgetting": self.forgetting,
            "confusion": self.confusion,
            "experiences": self.experiences,
        }


def run(experiment: Experiment, subject: Subject, observer: Observer | None = None) -> Record:
    """Carry out an experiment from where the subject is.

    Experiences that the subject has closed before are not learned again; the last of them is
    tested, as the starting point.
    """
    observer = observer or Observer()
    record = Record()
    start = subject.next_experience
    for experience in experiment.experiences:
        if experience.number < start - 1:
            continue
        observer.begin(experience)
        streamed = 0
        if experience.number >= start:
            subject.learn(experience, observer)
            streamed = len(experience.indices)
        indices = test_indices(experiment.dataset, experiment.seen(experience))
        truth = experiment.dataset.y_test[indices]
        predicted = subject.predict(indices, observer)
        correct = predicted == truth
        per_class = {int(c): float(correct[truth == c].mean()) for c in np.unique(truth)}
        record.experiences.append(
            {
                "number": experience.number,
                "classes": [int(c) for c in experience.classes],
                "samples": streamed,
            }
        )
        record.accuracy.append(float(correct.mean()))
        record.per_class.append(per_class)
        record.confusion = confusion(truth, predicted, experiment.dataset.num_classes).tolist()
        observer.end(experience, record.accuracy[-1], per_class)
    record.fingerprint = f"{subject.fingerprint():08x}"
    return record
