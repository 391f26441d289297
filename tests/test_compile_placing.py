"""What the compiler says of boards: where weights lie, what fits, how long a sample takes."""

from __future__ import annotations

import sys

import pytest
from board.harness import PROJECT, built
from tinycl_rt.model import Model

from tinycl.boards import BOARDS, get
from tinycl.convert.placing import place
from tinycl.convert.work import estimate
from tinycl.exceptions import BoardError

sys.path.insert(0, str(PROJECT / "tools"))
from count_layers import measure
from synthetic_model import synthetic_model

LARGE = Model(synthetic_model((32, 32, 3), "120k"))
SMALL = Model(synthetic_model((32, 32, 3), "16k"))


@pytest.mark.parametrize(
    "model, board, replay, weights, fits",
    [
        (SMALL, "pico", 200, "heap", True),
        (LARGE, "pico", 0, "streamed", True),  # the file is more than half of the free heap
        (LARGE, "pico", 400, "streamed", False),
        (SMALL, "cortex-m3", 50, "mapped", True),
        (SMALL, "circuitpython", 200, "streamed", False),
    ],
)
def test_where_weights_lie(
    model: Model, board: str, replay: int, weights: str, fits: bool
) -> None:
    found = place(model, get(board), 10, replay)
    assert (found.weights, found.fits(weights)) == (weights, fits)
    assert ("mapped" in found.memory) == get(board).romfs
    assert found.need("streamed") < found.need("heap")
    other = place(model, get(board), 10, replay + 10)
    assert other.need(weights) - found.need(weights) == 10 * (model.latent_bytes + 2)


def test_a_board_without_a_known_heap_is_refused() -> None:
    with pytest.raises(BoardError, match="no heap size is known for raspberry-pi"):
        place(SMALL, get("raspberry-pi"), 10, 10)


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
