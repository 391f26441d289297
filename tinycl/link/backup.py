"""Back up what a board has learned, and put it back: whole, and verified."""

from __future__ import annotations

import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from tinycl_rt.lib.crc import crc32

from tinycl.exceptions import BoardError, DataError
from tinycl.link.client import BoardClient
from tinycl.link.messages import Info, Refused

__all__ = ["StateFile", "backup", "restore"]

_HEAD = "<4sII8s"  # magic, bytes, CRC-32 of all from byte 12 on, model fingerprint
_CRC_FROM = 12
_ROUNDS = 5

Bar = Callable[[int, int], None]


@dataclass(frozen=True)
class StateFile:
    """What the header of a learned state (.tcs) says.

    Attributes
    ----------
    fingerprint : int
        CRC-32 of the state: equal exactly for boards that have learned the same.
    model : str
        Fingerprint of the model that it was learned with.
    """

    fingerprint: int
    model: str

    @classmethod
    def read(cls, state: bytes) -> StateFile:
        """Check a whole state; DataError when it is none, or damaged."""
        if len(state) < struct.calcsize(_HEAD) or state[:4] != b"TCS1":
            raise DataError("expected a learned state (.tcs), got another kind of file")
        _, size, crc, model = struct.unpack_from(_HEAD, state)
        if size != len(state):
            raise DataError(f"this state is cut: its header says {size} bytes, got {len(state)}")
        if crc32(state[_CRC_FROM:]) != crc:
            raise DataError("this state is damaged (its CRC is wrong): use another backup")
        return cls(crc, model.hex())


def backup(client: BoardClient, progress: Bar | None = None) -> tuple[bytes, StateFile, Info]:
    """Fetch what a board has learned, and compare its fingerprint with the board's own.

    Parameters
    ----------
    client : BoardClient
    progress : callable, optional
        Called with bytes so far and in all.

    Raises
    ------
    BoardError
        There is no model on the board, or it learns all the time.
    LinkError
        The board went away.
    """
    _with_model(client)
    for _ in range(_ROUNDS):
        state = client.get_state(progress)
        found, info = StateFile.read(state), client.info()
        if (found.fingerprint, found.model) == (info.state, info.fingerprint):
            return state, found, info
    raise BoardError(f"{client.name}: the board goes on learning; stop that, then back it up")


def restore(client: BoardClient, state: bytes, progress: Bar | None = None) -> Info:
    """Put a state on a board with the same model, in place of what that has learned.

    Parameters are those of ``backup``.

    Raises
    ------
    DataError
        The state is damaged, or none.
    BoardError
        The board has another model or none, refuses, or has another fingerprint afterwards.
    LinkError
        The board went away.
    """
    wanted = StateFile.read(state)
    info = _with_model(client)
    if info.fingerprint != wanted.model:
        raise BoardError(
            f"{client.name}: this state was learned with model {wanted.model}, the board has "
            f"{info.fingerprint}; send it that model first"
        )
    if client.put_state(state, progress).unsaved:
        with suppress(Refused):  # the heap may have been full of what it was sent; else it says so
            client.save()
    info = client.info()
    if info.state != wanted.fingerprint:
        raise BoardError(
            f"{client.name}: the board has state {info.state or 0:08x} now, expected "
            f"{wanted.fingerprint:08x}; restore it again"
        )
    return info


def _with_model(client: BoardClient) -> Info:
    info = client.hello()
    if not info.has_model:
        raise BoardError(
            f"{client.name}: {info.warning or 'there is no model on this board'}; "
            "send one first (tinycl stream --model)"
        )
    return info
