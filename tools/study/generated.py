"""(j) Generative replay: mixtures of latent bits beside stored latents, at equal bytes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from tinycl_rt.replay import Replay

from tinycl.experiment.experiment import Experiment
from tinycl.experiment.loop import run
from tinycl.experiment.settings import ExperimentSettings
from tinycl.experiment.simulator import Latents, Simulator
from tinycl.experiment.sweep.runs import Bench

from .heads import Set, bench
from .paper import Page, table
from .shrinkage import held_out

__all__ = ["LIMITS", "Mixtures", "generated"]

LIMITS = (5, 20, 200)
COMPONENTS = (1, 4)
_STORED = ("class-balanced", "reservoir", "random")


class Mixtures(Replay):
    """A replay memory that draws a latent of the class of a slot in place of the one stored.

    A class is a mixture of vectors of independent bits (Bernoulli). A new latent joins the
    component whose probabilities it fits best; the first ones start the components.

    Source of the idea: Basso-Bert et al., 2503.10333.
    """

    def __init__(self, components: int, like: Replay, classes: int, policy: int, rng: Any) -> None:
        super().__init__(like.slots, like.latent_bytes, classes, policy, rng)
        bits = 8 * like.latent_bytes
        self._ones = np.zeros((classes, components, bits), np.float32)
        self._n = np.zeros((classes, components), np.int64)
        self._draw = np.random.default_rng(rng.below(1 << 30))

    def offer(self, latent: memoryview, label: int) -> int:
        """Take a sample into the mixture of its class."""
        bits = np.unpackbits(np.frombuffer(latent, np.uint8))
        n = self._n[label]
        best = int(n.argmin())
        if n[best]:
            p = self._probabilities(label)
            fit = np.where(bits, np.log(p), np.log(1 - p)).sum(1)
            best = int(fit.argmax())
        self._ones[label, best] += bits
        self._n[label, best] += 1
        return int(super().offer(latent, label))

    def latent(self, slot: int) -> Any:
        """Bits drawn from the mixture of a slot's class; what is written there is dropped."""
        label = self.labels[slot]
        n = self._n[label]
        p = self._probabilities(label)[self._draw.choice(len(n), p=n / max(1, n.sum()))]
        return memoryview(bytearray(np.packbits(self._draw.random(len(p)) < p)))

    def _probabilities(self, label: int) -> npt.NDArray[np.float32]:
        """Of set bits, from the counts and half a sample of each kind, in 1/256."""
        p = (self._ones[label] + 0.5) / (self._n[label][:, None] + 1)
        return np.clip(np.round(p * 256), 1, 255).astype(np.float32) / 256


def generated(sets: tuple[Set, ...], runs: int, page: Page) -> None:
    """Fill the page: a table of all sets."""
    page.text(
        "Accuracy of the head `cwr` in percent, mean ± standard deviation of "
        f"{runs} seeds, classes "
        "two by two in random order, four replays for each sample. A mixture has one or four "
        "components a class, of one byte a bit; the stored latents take as many bytes: 8 or 32 a "
        "class. The test sets are not read: samples held out of the training sets stand in for "
        "them. `lda` and `mean` need no replay."
    )
    stored = [(policy, k) for k in COMPONENTS for policy in _STORED]
    columns = [f"{policy}, {8 * k}" for policy, k in stored]
    columns += [f"mixture, {k}" for k in COMPONENTS] + ["no replay", "`mean`", "`lda`"]
    rows = []
    for one in sets:
        found = bench(one, page.folder)
        if found is None:
            continue
        found = replace(found, dataset=held_out(found.dataset))
        for limit in (n for n in LIMITS if n <= np.bincount(found.dataset.y_train).min()):
            scores = np.array([_seed(found, limit, seed + 1, stored) for seed in range(runs)])
            cells = [
                f"{m:.1f} ± {s:.1f}" for m, s in zip(scores.mean(0), scores.std(0), strict=True)
            ]
            rows.append([f"{one.data}, {one.model}, {limit}", *cells])
            print(*rows[-1], flush=True)
    page.text(table(["set, backbone, samples a class", *columns], rows))


def _seed(found: Bench, limit: int, seed: int, stored: list[tuple[str, int]]) -> list[float]:
    """Percent right of each column, for one stream."""
    classes = found.dataset.num_classes
    about = {"order": "random", "limit": limit, "seed": seed}
    cases: list[tuple[dict[str, Any], int]] = [
        ({"head": "cwr", "policy": policy, "replay": 8 * k * classes}, 0) for policy, k in stored
    ]
    cases += [({"head": "cwr", "replay": 8 * k * classes}, k) for k in COMPONENTS]
    cases += [({"head": "cwr", "replay": 0}, 0), ({"head": "mean"}, 0), ({"head": "lda"}, 0)]
    model, latents, out = found.model(), None, []
    for changes, components in cases:
        experiment = Experiment.make(found.dataset, ExperimentSettings(**about, **changes))
        latents = latents or Latents(model, experiment)
        subject = Simulator(model, experiment, latents)
        learner = subject.learner
        if components:
            policy = experiment.config.policy
            learner.replay = Mixtures(components, learner.replay, classes, policy, learner.rng)
        out.append(100 * run(experiment, subject).accuracy[-1])
    return out
