"""Plans of backbones: budgets, shapes and refusals, without TensorFlow."""

from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinycl.exceptions import ModelError
from tinycl.models.architecture import SIZES, choose_architecture, feature_grid

SHAPES = [(8, 8, 1), (28, 28, 1), (32, 32, 3), (128, 1, 3), (40, 1, 6), (48, 64, 1)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("shape", SHAPES)
def test_fills_most_of_the_budget(shape: tuple[int, int, int], size: str) -> None:
    plan = choose_architecture(shape, size)
    assert 0.25 * SIZES[size] < plan.flash_bytes <= SIZES[size]
    assert all(width % 32 == 0 for width in plan.widths)
    height, width, _ = plan.latent_shape
    assert 4 <= height * width <= 36, "latents are small enough to remember by the hundred"


@pytest.mark.parametrize(
    ("shape", "latent"),
    [((8, 8, 1), (4, 4)), ((28, 28, 1), (4, 4)), ((32, 32, 3), (4, 4)), ((128, 1, 3), (8, 1))],
)
def test_usual_inputs_end_on_the_intended_map(
    shape: tuple[int, int, int], latent: tuple[int, int]
) -> None:
    assert choose_architecture(shape, "16k").latent_shape[:2] == latent


def test_larger_budgets_never_give_smaller_backbones() -> None:
    used = [choose_architecture((28, 28, 1), size).flash_bytes for size in SIZES]
    assert used == sorted(used)


@given(st.integers(1, 100), st.integers(1, 100), st.integers(1, 9), st.sampled_from(sorted(SIZES)))
def test_any_shape_is_planned_or_refused(h: int, w: int, c: int, size: str) -> None:
    try:
        plan = choose_architecture((h, w, c), size)
    except ModelError:
        assert max(h, w) < 6 or size in ("4k", "8k", "16k")
        return
    now = (h, w)
    for conv in plan.convs:
        cut = [k - 1 if conv.padding == "valid" else 0 for k in conv.kernel]
        assert conv.conv_size == tuple(n - d for n, d in zip(now, cut, strict=True))
        assert conv.size == tuple(n // p for n, p in zip(conv.conv_size, conv.pool, strict=True))
        assert min(conv.size) >= 1
        now = conv.size
    rows, columns = feature_grid(plan.latent_shape)
    assert 1 <= rows <= now[0] and 1 <= columns <= now[1]
    assert prod(now) // (rows * columns) <= 127, "a cell's sum fits an int8"


@pytest.mark.parametrize(
    ("shape", "size", "says"),
    [
        ((8, 8, 1), "9k", "choose one of 4k, 8k"),
        ((5, 5, 1), "8k", "too small"),
        ((8, 8), "8k", "height, width, channels"),
        ((8, -8, 1), "8k", "height, width, channels"),
        ((96, 96, 64), "4k", "larger size"),
    ],
)
def test_refusals_say_what_to_do(shape: tuple, size: str, says: str) -> None:
    with pytest.raises(ModelError, match=says):
        choose_architecture(shape, size)


def test_feature_grid_of_images_and_signals() -> None:
    assert feature_grid((4, 4, 64)) == (2, 2)
    assert feature_grid((8, 1, 64)) == (4, 1)
    assert feature_grid((1, 1, 64)) == (1, 1)
