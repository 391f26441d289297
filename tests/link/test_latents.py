"""LATENTS: what the network makes of an image, in pieces where it must be; nothing is learned."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from helpers.link import flash_with
from helpers.service import Bench
from helpers.tiny import Sketch, compiled, tiny_model
from tinycl_rt.config import Config
from tinycl_rt.kernels.reference import core as reference
from tinycl_rt.link import protocol as p
from tinycl_rt.model.backbone import Backbone
from tinycl_rt.model.loader import Model

from tinycl.boards.emulated import CPythonBoard
from tinycl.exceptions import BoardError
from tinycl.experiment.outputs import on_board, on_this_computer
from tinycl.link import Refused, connect


def wide_model() -> bytes:
    """Images larger than a small frame, outputs of three replies: 2304 + 576 bytes."""
    sketch = Sketch((24, 24, 1), np.random.default_rng(5))
    sketch.binarise()
    return compiled(sketch.count(24))


def pixels(model: Model, n: int) -> np.ndarray:
    return np.random.default_rng(4).integers(0, 256, (n, *model.input_shape), np.uint8)


@pytest.mark.parametrize("data", [tiny_model(), wide_model()], ids=["tiny", "wide"])
@pytest.mark.parametrize("max_payload", [256, 4096])
def test_board_gives_what_this_computer_gives(
    data: bytes, max_payload: int, tmp_path: Path
) -> None:
    model = Model(data)
    x = pixels(model, 5)
    expected = on_this_computer(model, x)
    flash = flash_with(data, tmp_path)
    with (
        CPythonBoard(flash, max_payload=max_payload) as board,
        connect(board.port) as client,
    ):
        before = client.info().state
        seen: list[int] = []
        found = on_board(client, model, x, seen.append)
        assert client.info().state == before
        assert seen == [1, 2, 3, 4, 5]
        small = [bits for bits, _ in client.latents_many(x, most=100)]
        assert list(client.latents_many([])) == []
        with pytest.raises(Refused, match=r"expected \d+ pixels|an image has 576 bytes"):
            list(client.latents_many([x[0].tobytes()[:-1]]))
    assert np.array_equal(found.latents, expected.latents)
    assert np.array_equal(found.features, expected.features)
    assert found.latents.dtype == found.features.dtype == np.int8
    assert set(np.unique(found.latents)) == {-1, 1}
    for image, bits in zip(x, small, strict=True):
        assert bytes(bits) == bytes(Backbone(model, reference).run(image.tobytes()))


def test_other_models_and_narrow_heads_are_refused(tmp_path: Path) -> None:
    model = Model(wide_model())
    sketch = Sketch((24, 24, 1), np.random.default_rng(5))
    sketch.binarise()
    coarse = compiled(sketch.count(3))  # cells of 64 values: 7 bits and a sign
    with (
        CPythonBoard(flash_with(coarse, tmp_path)) as board,
        connect(board.port) as client,
    ):
        with pytest.raises(BoardError, match="another model"):
            on_board(client, model, pixels(model, 1))
        client.reset(Config(qf=5))
        with pytest.raises(BoardError, match="features of 5 bits"):
            on_board(client, Model(coarse), pixels(model, 1))


def test_edges(tmp_path: Path) -> None:
    bench = Bench(flash_with(wide_model(), tmp_path))
    image = bytes(576)

    def ask(offset: int, most: int) -> bytes:
        return bench.ask(p.LATENTS, struct.pack(p.LATENTS_REQUEST, offset, most, 0, 0) + image)

    total = 2304 + 576
    assert len(ask(0, 0)) == 1024  # the largest reply
    assert ask(total, 0) == struct.pack(p.LATENTS_REPLY, total, total)
    assert len(ask(2300, 0)) == 8 + total - 2300  # across the border of latents and features
    assert ask(2300, 0)[8:] == b"".join(ask(2300 + i, 1)[8:] for i in range(total - 2300))
    for offset in (total + 1, 2**32 - 1):
        with pytest.raises(Refused, match="the outputs have 2880 bytes"):
            ask(offset, 0)
    with pytest.raises(Refused, match="no model"):
        Bench(tmp_path / "none").ask(p.LATENTS, bytes(8) + image)
    with pytest.raises(Refused, match="too short"):
        bench.ask(p.LATENTS, bytes(7))
