"""Mixed batches: pixels and labels in the same proportion, distributions that sum to one."""

import numpy as np
import pytest

from tinycl.training.augment import Policy
from tinycl.training.batches import batches
from tinycl.training.mixing import MIXES, mix, one_hot


@pytest.mark.parametrize("kind", MIXES)
@pytest.mark.parametrize("shape", [(8, 8, 3), (20, 1, 2)])
def test_labels_are_mixed_as_the_pixels_are(kind: str, shape: tuple[int, int, int]) -> None:
    labels = np.arange(6)
    # Every sample is of its label's colour, so that its mean colour says what it is made of.
    x = np.broadcast_to(labels[:, None, None, None], (6, *shape)).astype(np.float32)
    shares = set()
    for seed in range(20):
        pixels, target = mix(kind, x, one_hot(labels, 6), np.random.default_rng(seed))
        assert pixels.shape == x.shape and target.dtype == np.float32
        np.testing.assert_allclose(target.sum(axis=1), 1, rtol=1e-6)
        np.testing.assert_allclose(target @ labels, pixels.mean(axis=(1, 2, 3)), atol=1e-5)
        shares.add(round(float(target[0, 0]), 3))
    assert len(shares) > 5


def test_a_teacher_moves_the_target() -> None:
    x, y = np.zeros((8, 4, 4, 1), np.uint8), np.zeros(8, np.int64)
    uniform = np.full((8, 2), 0.5, np.float32)
    stream = batches(x, y, Policy(), 8, 2, 1, 0, teacher=lambda pixels: uniform)
    _, target = next(stream)
    np.testing.assert_allclose(target, [[0.65, 0.35]] * 8, rtol=1e-6)
