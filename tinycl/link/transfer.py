"""Whole things in pieces: models and states to a board, its state from it."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

from tinycl_rt.lib.crc import crc32
from tinycl_rt.link import protocol as p

from tinycl.exceptions import LinkError
from tinycl.link.exchange import Exchange
from tinycl.link.jobs import Job, TooLossy
from tinycl.link.messages import Refused, unpack

__all__ = ["SMALLEST_PIECE", "fetch_state", "upload"]

SMALLEST_PIECE = 48  # bytes; the best size on a link that damages one byte in a hundred
_ROUNDS = 20
_HEAD_BYTES = struct.calcsize(p.PUT_DATA_REQUEST)


def upload(
    exchange: Exchange,
    kind: int,
    data: bytes,
    max_payload: int,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Bring `data` to the board, not yet committed; what it has already is not sent again.

    Parameters
    ----------
    kind : int
        ``KIND_IMAGE``, ``KIND_STATE``, ``KIND_MODEL``, ``KIND_SOUND``.
    max_payload : int
        Largest payload to use; halved while frames of this size do not come through.
    progress : callable, optional
        Called with bytes that the board has, and bytes in all.

    Returns
    -------
    int
        The size of payload that came through: a good start for the next upload.

    Raises
    ------
    Refused
        Too large, no space: the board's reason.
    LinkError
        No answer.
    """
    crc = crc32(data)
    piece = max(max_payload - _HEAD_BYTES & ~1, SMALLEST_PIECE)  # whole samples of sound
    begin = struct.pack(p.PUT_BEGIN_REQUEST, kind, 0, 0, len(data), crc)
    rounds, best = 0, -1
    while True:
        have = unpack(p.PUT_REPLY, exchange.request(p.PUT_BEGIN, begin))[0]
        if progress:
            progress(have, len(data))
        if have >= len(data):
            return piece + _HEAD_BYTES
        rounds = 0 if have > best else rounds + 1
        best = max(best, have)
        if rounds > _ROUNDS:
            raise LinkError(f"{exchange.transport.name}: the upload stays at byte {have}")
        try:
            for job in exchange.pipeline(_pieces(kind, data, crc, have, piece)):
                assert job.reply is not None
                if progress:
                    progress(unpack(p.PUT_REPLY, job.reply)[0], len(data))
        except TooLossy:
            piece = max(piece // 4 & ~1, SMALLEST_PIECE)
        except Refused as refused:
            if refused.code not in (p.GAP, p.STALE):  # the board restarted: begin again
                raise


def _pieces(kind: int, data: bytes, crc: int, start: int, size: int) -> Iterator[Job]:
    for offset in range(start, len(data), size):
        head = struct.pack(p.PUT_DATA_REQUEST, kind, 0, 0, crc, offset)
        yield Job(p.PUT_DATA, head + data[offset : offset + size], offset)


def fetch_state(exchange: Exchange, progress: Callable[[int, int], None] | None = None) -> bytes:
    """Fetch the learned state whole.

    Raises
    ------
    Refused
        With code ``STALE``: the board learned meanwhile.
    LinkError
        What came does not have the CRC that the board announced.
    """
    state, crc, most = bytearray(), 0, 0
    while True:
        request = struct.pack(p.GET_REQUEST, len(state), crc, most)
        job = Job(p.GET_STATE, request, large_reply=most != SMALLEST_PIECE)
        try:
            reply = b"".join(done.reply or b"" for done in exchange.pipeline([job]))
        except TooLossy:
            most = max((most or 1024) // 4, SMALLEST_PIECE)
            continue
        total, crc, offset = unpack(p.GET_REPLY, reply)
        if offset != len(state):
            raise LinkError(f"expected the state from byte {len(state)}, got byte {offset}")
        state += reply[struct.calcsize(p.GET_REPLY) :]
        if progress:
            progress(len(state), total)
        if len(state) >= total:
            break
    if crc32(bytes(state)) != crc:
        raise LinkError("the state that came is damaged; fetch it again")
    return bytes(state)
