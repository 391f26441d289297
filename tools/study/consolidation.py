"""(k) Consolidation: what passes over the memory at the end of a stream give the last layer.

The learner of this part is float32 and has what an integer one could not do better with: Adam,
and the whole covariance. Samples are held out of the training set; the test set is not read.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from tinycl_rt.kernels.numpy import core as k

from tinycl.experiment.experiment import Experiment
from tinycl.experiment.settings import ExperimentSettings
from tinycl.experiment.simulator import Latents
from tinycl.experiment.sweep.runs import Bench

from .heads import Set, bench
from .paper import Page, table
from .shrinkage import held_out

__all__ = ["PASSES", "consolidation", "passes"]

Floats = npt.NDArray[np.float32]

_MEMORY = 500  # latents
PASSES = (1, 2, 4, 8)
_BATCH = 64
_HEAD_RATE = 1e-4
_TAIL_RATES = (0.0, 3e-3, 1e-2)
_MARGIN = 0.1  # of the latent weights, from flipping
_RIDGE = 1.0  # added to the covariance, of its mean variance
_TEMPERATURE = 0.7  # of lda's logits; chosen on the memory, equal in all seeds


def consolidation(one: Set, runs: int, page: Page) -> None:
    """Fill the page: one table."""
    found = bench(one, page.folder)
    assert found is not None
    found = replace(found, dataset=held_out(found.dataset))
    limit = min(one.limits[-1], int(np.bincount(found.dataset.y_train).min()))
    page.text(
        f"{one.data}, features of `{one.model}`, {limit} samples a class, classes two by two in "
        f"random order; percent right of {len(found.dataset.y_test):,} samples that are held out "
        f"of the training set, mean ± standard deviation of {runs} seeds. Passes of float32 over "
        f"a memory balanced by class, from the weights of `lda` on the whole stream; each "
        "row has a learning rate of the tail (0: only the head learns). Mean: of the softmax of "
        "`lda` and of what the passes trained."
    )
    whole = limit * found.dataset.num_classes
    cases = [*((_MEMORY, rate) for rate in _TAIL_RATES), (whole, _TAIL_RATES[1])]
    scores = np.array([_seed(found, limit, seed + 1, cases) for seed in range(runs)])
    rows = [
        [f"{count:,} latents, rate {rate:g}", *(_cell(scores[:, i, j]) for j in range(len(row)))]
        for i, ((count, rate), row) in enumerate(zip(cases, scores[0], strict=True))
    ]
    heads = [f"{what}after {n}" for n in PASSES for what in ("", "mean, ")]
    page.text(table(["memory", "`lda` of the stream", *heads], rows))


def _cell(values: npt.NDArray[np.float64]) -> str:
    return f"{values.mean():.1f} ± {values.std():.1f}"


def _softmax(logits: npt.NDArray[Any]) -> npt.NDArray[Any]:
    e = np.exp(logits - logits.max(1, keepdims=True))
    return np.asarray(e / e.sum(1, keepdims=True))


def _seed(
    found: Bench, limit: int, seed: int, cases: list[tuple[int, float]]
) -> list[list[float]]:
    """Percent right of each case: latents in memory, and rate of the tail."""
    settings = ExperimentSettings(order="random", limit=limit, seed=seed, learn="tail:1")
    experiment = Experiment.make(found.dataset, settings)
    model = found.model()
    latents = Latents(model, experiment)
    rows = np.concatenate([e.indices for e in experiment.experiences])
    y = found.dataset.y_train[rows]
    train = np.stack([np.frombuffer(latents.train(i), np.uint8) for i in rows])
    layer = Layer(model, train.reshape(-1, *latents.test.shape[1:]), latents.test)
    out = []
    for count, rate in cases:
        each = count // found.dataset.num_classes
        memory = np.concatenate([np.flatnonzero(y == j)[:each] for j in range(y.max() + 1)])
        rng = np.random.default_rng(seed)
        layer.reset()
        out.append(passes(layer, y, memory, found.dataset.y_test, rate, rng))
        print(seed, count, rate, *(f"{v:.1f}" for v in out[-1]), flush=True)
    return out


class Layer:
    """The last binary layer in float32: weights as signs of latent weights, frozen thresholds."""

    def __init__(self, model: Any, train: Any, test: Any) -> None:
        op = model.operators[-2]
        self.cells = model.operators[-1].p
        kh, kw, oh, ow, oc = (op.p[i] for i in (3, 4, 9, 10, 11))
        c = op.p[2]
        weights = np.frombuffer(bytes(op.weights), np.uint8).reshape(oc, kh, kw, -1)
        self.w: Floats = np.ascontiguousarray(k.unpack(weights, c).reshape(oc, -1).T, np.float32)
        self.t = np.array(op.table, np.float32)
        self.reset()
        self._side = oh, ow, oc
        self.train, self.test = (
            np.concatenate(
                [signs[:, i : i + oh, j : j + ow] for i in range(kh) for j in range(kw)], -1
            )
            for signs in (k.unpack(x, c).astype(np.int8) for x in (train, test))
        )
        self._half = np.sqrt(len(self.w))

    def reset(self) -> None:
        """Weights as the model has them."""
        self.latent: Floats = self.w * np.float32(_MARGIN)

    def __call__(self, x: Any) -> tuple[Floats, Floats]:
        """Features of rows of ``train`` or ``test``, and what the accumulators have over."""
        w = np.where(self.latent >= 0, np.float32(1), np.float32(-1))
        x = x.reshape(-1, len(self.w)).astype(np.float32)
        over = (x @ w).reshape(-1, *self._side) - self.t
        signs = np.where(over >= 0, np.float32(1), np.float32(-1))
        return self._pool(signs), over

    def _pool(self, v: Floats) -> Floats:
        n, h, w, c = v.shape
        return np.asarray(v.reshape(n, 2, h // 2, 2, w // 2, c).mean((2, 4)).reshape(n, -1))

    def gradient(self, x: Any, over: Floats, g: Floats) -> Floats:
        """Of the latent weights, from that of the features (straight-through)."""
        n, h, w, c = over.shape
        e = np.repeat(np.repeat(g.reshape(n, 2, 2, c), h // 2, 1), w // 2, 2)
        e = e * (np.abs(over) <= self._half) / (h * w // 4)
        x = x.reshape(-1, len(self.w)).astype(np.float32)
        return np.asarray(x.T @ e.reshape(-1, c), np.float32)


class Adam:
    """One array's steps."""

    def __init__(self, values: Floats, rate: float) -> None:
        self.values, self._rate, self._n = values, rate, 0
        self._mean, self._square = np.zeros_like(values), np.zeros_like(values)

    def step(self, g: Floats) -> None:
        """Down a gradient."""
        self._n += 1
        self._mean += 0.1 * (g - self._mean)
        self._square += 0.001 * (g * g - self._square)
        size = np.sqrt(self._square / (1 - 0.999**self._n)) + 1e-8
        self.values -= self._rate * self._mean / (1 - 0.9**self._n) / size


def _lda(x: Floats, y: Any) -> tuple[Floats, Floats]:
    means = np.stack([x[y == j].mean(0) for j in range(y.max() + 1)])
    rest = x - means[y]
    s = rest.T @ rest / len(x)
    s += _RIDGE * np.trace(s) / len(s) * np.eye(len(s), dtype=s.dtype)
    means -= means.mean(0)
    w = np.linalg.solve(s, means.T)
    bias = -(means * w.T).sum(1) / 2 - x.mean(0) @ w
    return (w * _TEMPERATURE).astype(np.float32), (bias * _TEMPERATURE).astype(np.float32)


def passes(
    layer: Layer, y: Any, memory: Any, truth: Any, rate: float, rng: np.random.Generator
) -> list[float]:
    """Percent right before, then after some passes, alone and as a mean with what was before."""
    w, bias = _lda(np.concatenate([layer(x)[0] for x in np.array_split(layer.train, 16)]), y)

    def shares() -> Any:
        parts = np.array_split(layer.test, 8)
        return _softmax(np.concatenate([layer(x)[0] for x in parts]) @ w + bias)

    def right(p: Any) -> float:
        return 100 * float((p.argmax(1) == truth).mean())

    before = shares()
    out = [right(before)]
    head = [Adam(w, _HEAD_RATE), Adam(bias, _HEAD_RATE)]
    tail = Adam(layer.latent, rate)
    for n in range(1, max(PASSES) + 1):
        order = rng.permutation(memory)
        for batch in np.array_split(order, max(1, len(order) // _BATCH)):
            x, over = layer(layer.train[batch])
            g = _softmax(x @ w + bias)
            g[np.arange(len(batch)), y[batch]] -= 1
            g /= len(batch)
            if rate:
                tail.step(layer.gradient(layer.train[batch], over, g @ w.T))
                np.clip(layer.latent, -1, 1, out=layer.latent)
            head[0].step(x.T @ g)
            head[1].step(g.sum(0))
        if n in PASSES:
            after = shares()
            out += [right(after), right(after + before)]
    return out
