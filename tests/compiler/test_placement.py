"""What the compiler says of boards: where weights lie, what fits, how long a sample takes."""

from __future__ import annotations

import pytest
from helpers.boards import built
from helpers.tiny import deep_model
from tinycl_rt.config import FULL, Config
from tinycl_rt.kernels.numpy import core as numpy_kernels
from tinycl_rt.learner import Learner
from tinycl_rt.lib.integers import Rng
from tinycl_rt.model.loader import Model
from tinycl_rt.replay import BLOCK
from tinycl_rt.trainable import layers, learning, tail

from tinycl.boards import BOARDS, get
from tinycl.compiler.fit.cost import estimate
from tinycl.compiler.fit.memory import learner_bytes, tail_bytes
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
        (SMALL, "circuitpython", 150, "streamed", True),
        (SMALL, "circuitpython", 200, "streamed", False),  # but for the room that pieces take
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


@pytest.mark.parametrize(
    "more", [{}, {"wide": 1, "thresholds": 1}, {"replay_batch": 1, "rule": 2}]
)
@pytest.mark.parametrize("depth", [1, 2, 3, FULL])
@pytest.mark.parametrize("data", [deep_model(), synthetic_model((28, 28, 1), "8k")], ids=len)
def test_a_board_knows_what_a_depth_takes(data: bytes, depth: int, more: dict[str, int]) -> None:
    """Its formula, and all buffers that are there: rules, pooling and views are the difference."""
    model = Model(data)
    config = Config(depth=depth, **more)
    found, formula = tail_bytes(model, config), layers.buffer_bytes(model, config)
    made = learning.make(model, config, numpy_kernels, Rng(1))
    views = (
        32
        * (config.replay_batch + 1)
        * sum(
            sum(buffers is not None for buffers in kept)
            for kept in (made._bits, made._inside, made._errors)
        )
    )
    assert formula <= found - views <= formula + 100 * len(made.chain)


def test_a_depth_without_room_is_refused_with_its_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(*words: object) -> bytearray:
        raise MemoryError("memory allocation failed, allocating 46080 bytes")

    model = Model(deep_model())
    monkeypatch.setattr(tail, "images", no_room)
    for depth, name in ((2, "tail:2"), (FULL, "full")):
        config = Config(depth=depth, classes=4)
        needed = layers.buffer_bytes(model, config)
        with pytest.raises(MemoryError, match=f"^{name} learns with {needed} bytes of heap"):
            Learner(model, config, numpy_kernels)
