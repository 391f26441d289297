"""Back up what a board has learned, and put it back: whole, and verified."""

from __future__ import annotations

import struct
from contextlib import suppress
from dataclasses import dataclass

from tinycl_rt.lib.crc import crc32
from tinycl_rt.link import protocol as p

from tinycl.exceptions import BoardError, DataError
from tinycl.link.client import BoardClient
from tinycl.link.messages import Info, Refused

__all__ = ["StateFile", "backup", "restore"]

_HEAD = "<4sII8s"  # magic, bytes, CRC-32 of all from byte 12 on, model fingerprint
_CRC_FROM = 12


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


def backup(client: BoardClient) -> tuple[bytes, StateFile, Info]:
    """Fetch what a board has learned, and compare its fingerprint with the board's own.

    After a break it begins again, see ``Connection.retry``.

    Raises
    ------
    BoardError
        There is no model on the board, or it learns all the time (`Refused`).
    LinkError
        The board went away, and did not come back.
    """

    def fetch() -> tuple[bytes, StateFile, Info]:
        client.require_model()
        state = client.get_state()
        found, info = StateFile.read(state), client.info()
        if (found.fingerprint, found.model) != (info.state, info.fingerprint):
            raise Refused(p.STALE, "it goes on learning; stop that, then back it up")
        return state, found, info

    return client.retry(fetch)


def restore(client: BoardClient, state: bytes) -> Info:
    """Put a state on a board with the same model, in place of what that has learned.

    After a break it begins again, see ``Connection.retry``.

    Raises
    ------
    DataError
        The state is damaged, or none.
    BoardError
        The board has another model or none, refuses, or has another fingerprint afterwards.
    LinkError
        The board went away, and did not come back.
    """
    wanted = StateFile.read(state)
    return client.retry(lambda: _restore(client, state, wanted))


def _restore(client: BoardClient, state: bytes, wanted: StateFile) -> Info:
    info = client.require_model()
    if info.fingerprint != wanted.model:
        raise BoardError(
            f"{client.name}: this state was learned with model {wanted.model}, the board has "
            f"{info.fingerprint}; send it that model first"
        )
    if client.put_state(state).unsaved:
        with suppress(Refused):  # the heap may have been full of what it was sent; else it says so
            client.save()
    info = client.info()
    if info.state != wanted.fingerprint:
        raise BoardError(
            f"{client.name}: the board has state {info.state or 0:08x} now, expected "
            f"{wanted.fingerprint:08x}; restore it again"
        )
    return info
