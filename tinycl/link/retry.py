"""Carry out whole steps with a board that may be unplugged, reset or cut off meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from tinycl_rt.link import protocol as p

from tinycl.exceptions import LinkError
from tinycl.link.connection import Connection
from tinycl.link.messages import Refused

__all__ = ["retry"]

T = TypeVar("T")

_ROUNDS = 30  # breaks of one step


def retry(
    client: Connection,
    action: Callable[[], T],
    wait: float = 60.0,
    on_message: Callable[[str], None] | None = None,
) -> T:
    """Do something with a board, from its begin again after each break.

    Every request says where it believes the board to be, so a step may be repeated whatever of it
    was done before.

    Parameters
    ----------
    client : Connection
    action : callable
        What to do; without arguments, returns what ``retry`` returns.
    wait : float
        Seconds to wait for an unplugged board.
    on_message : callable, optional
        Called with a sentence when the board goes and comes.

    Raises
    ------
    LinkError
        The board did not come back, or the link broke too often.
    BoardError
        The board refused, or another one came back.
    """
    for _ in range(_ROUNDS):
        try:
            return action()
        except LinkError:
            client.reconnect(wait, on_message)
        except Refused as refused:
            if refused.code != p.STALE:  # it restarted in between, and is elsewhere
                raise
    return action()
