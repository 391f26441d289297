"""Requests under way, what they cost, and how they fail."""

from __future__ import annotations

from dataclasses import dataclass, field

from tinycl.exceptions import LinkError

__all__ = ["Counts", "GoneError", "Job", "SilentError", "TooLossy"]


@dataclass
class Counts:
    """What went over the link, in bytes and frames, since the client was made."""

    bytes_sent: int = 0
    bytes_received: int = 0
    frames_sent: int = 0
    retransmissions: int = 0
    round_trips: int = 0
    bad_frames: int = 0
    seconds_waiting: float = 0.0
    reconnections: int = 0


@dataclass
class Job:
    """One request.

    Attributes
    ----------
    code : int
    payload : bytes
    index : int, optional
        Position (of a sample, of a byte) at which the board carries it out.
    experience : int, optional
        The experience of that position.
    probe : bool
        Asks nothing; any answer tells that earlier ones will not come.
    large_reply : bool
        It is worth asking for less when no reply comes through.
    """

    code: int
    payload: bytes
    index: int | None = None
    experience: int | None = None
    probe: bool = False
    large_reply: bool = False
    reply: bytes | None = field(default=None, repr=False)
    seq: int = -1  # of the newest transmission that may still be answered, else -1
    order: int = 0  # of that transmission
    tries: int = 0
    sent_at: float = 0.0


class SilentError(LinkError):
    """The port is there, but the board does not answer."""


class GoneError(LinkError):
    """The port is gone: unplugged, or its emulator ended."""


class TooLossy(Exception):
    """Large frames do not come through; `jobs` are those without an answer, in order."""

    def __init__(self, jobs: list[Job]) -> None:
        super().__init__("large frames do not come through")
        self.jobs = jobs
