"""Bring a board to where a stream may start: model, settings, state."""

from __future__ import annotations

from tinycl_rt.config import LDA, Config
from tinycl_rt.link.protocol import NO_MEMORY
from tinycl_rt.model.loader import Model

from tinycl.boards import Board
from tinycl.compiler.fit.placement import Placement, place
from tinycl.exceptions import BoardError, DataError
from tinycl.experiment.experiment import Experiment
from tinycl.experiment.settings import differences
from tinycl.link.client import BoardClient
from tinycl.link.messages import Refused

__all__ = ["give_settings", "prepare", "send_model", "with_fewer_rows", "with_rows_that_fit"]

_RANKS = (48, 40, 32, 24, 16, 8, 4)


def prepare(
    client: BoardClient,
    experiment: Experiment,
    model: bytes | None = None,
    state: bytes | None = None,
    reset: bool = False,
) -> Experiment:
    """Send what the board lacks; what it has learned is kept unless told otherwise.

    Parameters
    ----------
    client
        A connected board.
    experiment
        The stream to come: its settings must be the board's.
    model
        A compiled model; sent when the board has another one or none.
    state
        A learned state to start from.
    reset
        Forget what the board has learned.

    Returns
    -------
    Experiment
        The same; where the settings leave the rank of the head to the board, with as many rows as
        it has room for.

    Raises
    ------
    BoardError
        The board has no model; or it has learned with other settings, and `reset` is not given.
    DataError
        The data set has another shape than the board's model.
    """
    if model is not None:
        send_model(client, model, reset, "--reset replaces it and forgets them")
    info = client.require_model()
    if info.input_shape != experiment.dataset.input_shape:
        raise DataError(
            f"the board's model takes pixels of {info.input_shape}, {experiment.dataset.name} has "
            f"{experiment.dataset.input_shape}: choose the data set that it was trained for"
        )
    if state is not None:
        client.put_state(state)
        info = client.hello()
    elif reset or (
        not info.learned and not info.experience and not _same(info.config, experiment)
    ):
        experiment = experiment.with_rank(give_settings(client, experiment.config).rank)
        info = client.hello()
    if info.config is not None and experiment.config.head == LDA and not experiment.config.rank:
        experiment = experiment.with_rank(info.config.rank)
    if not _same(info.config, experiment):
        other = differences(info.config, experiment.config) if info.config else "none set"
        raise BoardError(
            f"{client.name}: the board has learned {info.learned} samples with other settings "
            f"({other}); give the same ones, or --reset to forget"
        )
    return experiment


def give_settings(client: BoardClient, config: Config) -> Config:
    """Reset a board; with fewer rows of the covariance where it has no room for all by `auto`.

    Returns
    -------
    Config
        As the board has it now.

    Raises
    ------
    BoardError
        There is no room; with what that depth takes, and what would take less.
    """
    features = client.require_model().features
    choices = with_fewer_rows(config, features)
    while True:
        try:
            client.reset(choices[0])
        except Refused as refused:
            if refused.code == NO_MEMORY and config.depth:
                raise BoardError(
                    f"{client.name}: the board refuses: {refused.reason}; learn less deep "
                    "(--learn), keep fewer latents (--replay), or take a smaller model"
                ) from None
            if refused.code != NO_MEMORY or len(choices) == 1:
                raise
            del choices[0]
            client.observer.message(
                f"the board has no room for {config.rows(features)} rows of the covariance: it "
                f"will keep {choices[0].rank} (--rank {choices[0].rank})"
            )
        else:
            return choices[0]


def with_fewer_rows(config: Config, features: int) -> list[Config]:
    """The settings, then the same with fewer and fewer rows where their number is `auto`."""
    choices = [config]
    if not config.rank:
        for rank in _RANKS:
            if rank < config.rows(features):
                choices.append(Config.unpack(config.pack()))
                choices[-1].rank = rank
    return choices


def with_rows_that_fit(model: Model, board: Board, config: Config) -> tuple[Config, Placement]:
    """The settings with the most rows that fit a board, and where things lie there.

    Those with the fewest rows where none fits.

    Raises
    ------
    BoardError
        No heap size is known for this board.
    """
    for chosen in with_fewer_rows(config, model.features):
        placed = place(model, board, chosen)
        if placed.fits(placed.weights):
            break
    return chosen, placed


def send_model(
    client: BoardClient,
    model: bytes,
    reset: bool = False,
    advice: str = "take another board",
) -> None:
    """Send a compiled model unless the board has it.

    Parameters
    ----------
    client
        A connected board.
    model
        A compiled model.
    reset
        Replace a model with which the board has learned; what it learned is forgotten.
    advice
        What to do when the board has learned with another model.

    Raises
    ------
    BoardError
        The board has learned with another model, and `reset` is not given.
    """
    info = client.hello()
    if info.fingerprint == Model(model).fingerprint.hex():
        return
    if info.has_model and info.learned and not reset:
        raise BoardError(
            f"{client.name}: the board has learned {info.learned} samples with another model; "
            f"{advice}"
        )
    client.put_model(model)


def _same(config: Config | None, experiment: Experiment) -> bool:
    return config is not None and bool(config.pack() == experiment.config.pack())
