"""A board with little memory keeps fewer rows of the covariance, and the stream knows it."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.link import hand_made_model
from tinycl_rt.config import Config
from tinycl_rt.learner import Learner
from tinycl_rt.link.protocol import NO_MEMORY
from tinycl_rt.model.loader import Model

from tinycl.data import load
from tinycl.exceptions import BoardError
from tinycl.experiment.experiment import Experiment
from tinycl.experiment.prepare import give_settings, prepare
from tinycl.experiment.settings import ExperimentSettings
from tinycl.link.client import BoardClient
from tinycl.link.messages import Refused
from tinycl.observer import Observer

MODEL = hand_made_model(8, 1)


class Board:
    """A board that has room for so many rows; what ``prepare`` asks of a client."""

    name = "small"

    def __init__(self, room: int) -> None:
        self.room, self.said = room, list[str]()
        self.learner = Learner(Model(MODEL), Config(rank=1))
        self.observer = Observer()
        self.observer.message = self.said.append  # type: ignore[method-assign]

    def hello(self) -> Any:
        self.config = self.learner.config
        self.input_shape, self.features = self.learner.model.input_shape, 1024
        self.learned = self.experience = 0
        return self

    require_model = hello

    def reset(self, config: Config) -> None:
        if config.rows(1024) > self.room:
            raise Refused(NO_MEMORY, "too many")
        self.learner.reset(config)


@pytest.mark.parametrize(("room", "rank"), [(64, 0), (47, 40), (10, 8)])
def test_fewer_rows_where_there_is_less_room(room: int, rank: int) -> None:
    board: Any = Board(room)
    experiment = prepare(board, Experiment.make(load("digits"), ExperimentSettings()))
    assert experiment.settings.rank == experiment.config.rank == rank
    assert board.learner.packed == experiment.config.pack()
    assert [f"(--rank {rank})" in line for line in board.said[-1:]] == [True] * (rank > 0)
    assert (
        prepare(board, Experiment.make(load("digits"), ExperimentSettings())).config.rank == rank
    )


def test_a_rank_that_was_asked_for_is_not_changed() -> None:
    board: Any = Board(10)
    assert isinstance(board, Board) and not isinstance(board, BoardClient)
    with pytest.raises(Refused, match="too many"):
        prepare(board, Experiment.make(load("digits"), ExperimentSettings(rank=32)))


def test_a_depth_without_room_is_refused_with_what_would_take_less() -> None:
    class Full(Board):
        def reset(self, config: Config) -> None:
            raise Refused(NO_MEMORY, "tail:1 learns with 95232 bytes of heap: too many")

    board: Any = Full(64)
    with pytest.raises(BoardError, match=r"small: .* 95232 bytes .*: too many; learn less deep"):
        give_settings(board, Config(depth=1))
