"""What the compiler says of boards: where weights lie, what fits, how long a sample takes."""

from __future__ import annotations

import pytest
from helpers.boards import built
from helpers.tiny import deep_model
from tinycl_rt.config import Config
from tinycl_rt.model.loader import Model
from tinycl_rt.replay import BLOCK

from tinycl.boards import BOARDS, get
from tinycl.compiler.fit.cost import estimate
from tinycl.compiler.fit.memory import learner_bytes
from tinycl.compiler.fit.placement import place
from tinycl.exceptions import BoardError
from tools.bench.layers import measure
from tools.bench.synthetic_model import synthetic_model

LARGE = Model(synthetic_model((32, 32, 3), "120k"))
SMALL = Model(synthetic_model((32, 32, 3), "16k"))


@pytest.mark.parametrize(
    "model, board, replay, weights, fits",
    [
        (SMALL, "pico", 200, "heap", True),
        (LARGE, "pico", 0, "streamed", True),  # the file is more than half of the free heap
        (LARGE, "pico", 400, "streamed", False),
        (SMALL, "cortex-m3", 50, "mapped", True),
        (SMALL, "circuitpython", 200, "streamed", True),
        (SMALL, "circuitpython", 300, "streamed", False),
    ],
)
def test_where_weights_lie(
    model: Model, board: str, replay: int, weights: str, fits: bool
) -> None:
    found = place(model, get(board), Config(head=0, replay_slots=replay))
    assert (found.weights, found.fits(weights)) == (weights, fits)
    assert ("mapped" in found.memory) == get(board).romfs
    assert found.need("streamed") < found.need("heap")
    other = place(model, get(board), Config(head=0, replay_slots=replay + 10))
    each = BLOCK // model.latent_bytes
    blocks = -(-(replay + 10) // each) - -(-replay // each)
    assert other.need(weights) - found.need(weights) == 10 * (model.latent_bytes + 2) + 16 * blocks


def test_a_board_without_a_known_heap_is_refused() -> None:
    with pytest.raises(BoardError, match="no heap size is known for raspberry-pi"):
        place(SMALL, get("raspberry-pi"), Config(replay_slots=10))


def test_estimates_are_what_is_counted() -> None:
    rows = measure(built("cortex-m3"), synthetic_model((20, 20, 2), "16k"), ["native"])
    whole = [row for row in rows if not row["unit"].startswith(("float", "moved", "joined"))]
    assert {row["unit"] for row in whole} >= {"8-bit tap", "binary tap", "pooled word"}
    for row in whole:
        assert 0.6 < row["estimate"] / row["instructions"] < 1.5, row
    counted = sum(row["instructions"] for row in whole)
    assert sum(row["estimate"] for row in whole) == pytest.approx(counted, rel=0.15)


def test_every_board_that_was_counted_has_every_operator() -> None:
    p = (4, 4, 32, 1, 1, 1, 1, 0, 0, 4, 4, 32, 0, 0, 0)
    for board in BOARDS.values():
        known = board.arch in ("armv6m", "armv7m", "rv32imc", "xtensawin")
        for kernels in board.kernels:
            found = [estimate(code, p, board.arch, kernels) for code in range(1, 22)]
            assert all(n for n in found) if known else found == [None] * 21


def test_a_tail_takes_what_its_formula_says() -> None:
    """Weights with a byte each, signs and windows of a mini-batch, errors, scratch, the RNG."""
    model = Model(deep_model())
    n = 4
    config = Config(depth=2, replay_batch=n - 1, replay_slots=7)
    found = learner_bytes(model, config)
    # 4 x 4 x 10 in, 3 x 3 x 34 between, 3 x 3 x 12 out: words of 4, 8 and 4 bytes a position.
    signs, windows = 16 * 4 + 9 * 8 + 9 * 4, 9 * 8 + 9 * 4
    weights = 34 * 4 * (4 + 10) + 4 * 34 + 12 * (8 + 34) + 4 * 12
    errors = 9 * 34 + 9 * 12
    scratch = 4 * (model.features + 9 * 34 + 34 + 40) + 2 * 6 * 4
    views = 32 * n * (3 + 2 + 2)
    assert found["tail"] == n * (signs + windows + errors) + weights + scratch + views + 4
    assert found["replay"] == 7 * 16 * 4 + 16 + 2 * 7 + 8 * 10 + 8  # in one block
    with pytest.raises(ValueError, match="tail:9 asks for 9"):
        learner_bytes(model, Config(depth=9))
