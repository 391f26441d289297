"""(l) Few-shot class-incremental learning on CIFAR-100: 60 base classes, then 8 times 5 classes.

A session brings 5 samples of each of 5 classes that neither backbone nor head has seen. After
each session all test samples of the classes so far are classified.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from unittest.mock import patch

import numpy as np
import numpy.typing as npt
from tinycl_rt import lda
from tinycl_rt.config import Config
from tinycl_rt.kernels.numpy import core as numpy_kernels
from tinycl_rt.learner import Learner

from tinycl.compiler.compiler import load_tcm
from tinycl.data import Dataset, load
from tinycl.experiment.evaluate import predict_latents
from tinycl.inference import latents

from .paper import Page, table

__all__ = ["few_shot"]

BASE, NEW, SHOTS = 60, 5, 5
HEADS = ("lda", "mean")
PUBLISHED = "O-FSCIL, ResNet-12 ([2403.07851](https://arxiv.org/abs/2403.07851))", "68.62"
BACKBONES = ("colour-s", "colour-l")
COMMANDS = """
    export TF_ENABLE_ONEDNN_OPTS=1 TF_SET_ONEDNN_FPMATH_MODE=BF16
    for size in colour-s colour-l; do
        tinycl train cifar100 --size $size --classes 0-59 --views 1 --augment light \\
            --epochs 30 --batch 128 --lr 0.005 --seed 1 -o base60/$size
        tinycl convert base60/$size -o base60/$size/backbone.tflite
        tinycl compile base60/$size/backbone.tflite -o OUT/models/base60-$size/model.tcm
    done
    python -m tools.study --part l --out OUT
"""

Bits = npt.NDArray[np.uint8]
Rows = npt.NDArray[np.int64]


def few_shot(models: Path, runs: int, page: Page) -> None:
    """Fill the page: accuracy after each session, for the backbones in ``models/base60-NAME``."""
    files = {name: models / f"base60-{name}" / "model.tcm" for name in BACKBONES}
    files = {name: file for name, file in files.items() if file.exists()}
    if not files:
        page.text(f"Not measured: these commands make the backbones.\n{COMMANDS}")
        return
    data = load("cifar100")
    base = np.random.default_rng(0).permutation(np.flatnonzero(data.y_train < BASE))
    streams = [list(_sessions(data, seed)) for seed in range(1, runs + 1)]
    new = range((data.num_classes - BASE) // NEW)
    page.text(
        f"CIFAR-100. A backbone is trained on {BASE} classes, and the head learns all their "
        f"samples. Then {len(new)} sessions bring {NEW} classes of {SHOTS} samples each. Percent "
        f"right of all test samples of the classes so far, mean of {runs} draws of the samples "
        f"and of the order of the new classes.\n{COMMANDS}"
    )
    rows = []
    for name, file in files.items():
        for head, found in _heads(file.read_bytes(), data, base, streams):
            mean = found.mean(1)
            cells = [f"{v:.1f}" for v in found.mean(0)]
            rows.append([f"`{name}`, `{head}`", *cells, f"{mean.mean():.2f} ± {mean.std():.2f}"])
            print(*rows[-1], flush=True)
    rows.append([PUBLISHED[0], *[""] * (1 + len(new)), PUBLISHED[1]])
    titles = ["backbone, head", "base", *(str(n + 1) for n in new), "mean"]
    page.text(table(titles, rows))


def _heads(
    blob: bytes, data: Dataset, base: Rows, streams: list[list[Rows]]
) -> Iterable[tuple[str, npt.NDArray[np.float64]]]:
    """For each head: percent right, by draw and by session."""
    wanted = np.unique(np.concatenate([base, *(rows for stream in streams for rows in stream)]))
    test = latents(load_tcm(blob), data.x_test)
    train = np.zeros((len(data.x_train), *test.shape[1:]), np.uint8)
    train[wanted] = latents(load_tcm(blob), data.x_train[wanted])
    bits = train, test
    # A correction makes the weights early that `end` makes anyway: 100 classes would take hours.
    with patch.object(lda, "_YOUNG", 0):
        for head in HEADS:
            learner = Learner(
                load_tcm(blob), Config(classes=data.num_classes, head=head), numpy_kernels
            )
            first = _session(learner, data, bits, base)
            state = learner.dump()
            scores = []
            for stream in streams:
                learner.restore(state)
                scores.append([first, *(_session(learner, data, bits, rows) for rows in stream)])
            yield head, np.array(scores)


def _sessions(data: Dataset, seed: int) -> Iterable[Rows]:
    """Rows of the training set that each session brings."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(np.arange(BASE, data.num_classes))
    for classes in order.reshape(-1, NEW):
        rows = [rng.permutation(np.flatnonzero(data.y_train == j))[:SHOTS] for j in classes]
        yield rng.permutation(np.concatenate(rows))


def _session(learner: Learner, data: Dataset, bits: tuple[Bits, Bits], rows: Rows) -> float:
    """Learn a session; percent right of the test samples of all classes so far."""
    for row in rows:
        learner.learn_latent(memoryview(bits[0][row].reshape(-1)), int(data.y_train[row]))
    learner.end()
    taught = [j for j in range(data.num_classes) if learner.head.past[j]]
    seen = np.isin(data.y_test, taught)
    return 100 * float((predict_latents(learner, bits[1][seen]) == data.y_test[seen]).mean())
