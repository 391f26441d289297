"""Requests that carry a sample: whole in one frame, or in pieces where frames must be small."""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from tinycl_rt.lib.crc import crc32
from tinycl_rt.link import protocol as p

from tinycl.link.exchange import Exchange
from tinycl.link.jobs import Job, TooLossy
from tinycl.link.transfer import SMALLEST_PIECE, upload

__all__ = ["ImageSender", "Sample"]


@dataclass(frozen=True)
class Sample:
    """An image, what stands before the flags in its request, and its position if it has one."""

    pixels: bytes
    head: bytes = b""
    index: int | None = None
    experience: int | None = None


class ImageSender:
    """Sends images with PREDICT and LEARN.

    Whole frames with several in flight as long as they come through. When a frame is larger than
    the board takes, or is lost again and again, images go in pieces ahead of their request. In
    place of windows of sound, recordings go, always in pieces.

    Parameters
    ----------
    exchange : Exchange

    Attributes
    ----------
    piece : int
        Payload of the pieces in use; 0 while images go whole.
    recordings : Mapping of bytes to bytes
        For windows, the int16 samples of which the board makes them itself.
    """

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self.piece = 0
        self.recordings: Mapping[bytes, bytes] = {}

    def send(self, code: int, samples: Iterable[Sample], flags: int = 0) -> Iterator[bytes]:
        """Carry out one request for each sample; yield the payloads of the replies in order."""
        source = iter(samples)
        unanswered: deque[Sample] = deque()
        while not self.piece:
            try:
                jobs = self._whole(code, source, flags, unanswered)
                for job in self._exchange.pipeline(jobs):
                    unanswered.popleft()
                    assert job.reply is not None
                    yield job.reply
            except TooLossy as lossy:
                self.piece = max(len(lossy.jobs[0].payload) // 4, SMALLEST_PIECE)
            else:
                if not unanswered:
                    return
        for sample in chain(unanswered, source):
            yield self._in_pieces(code, sample, flags)

    def _whole(
        self, code: int, source: Iterator[Sample], flags: int, unanswered: deque[Sample]
    ) -> Iterator[Job]:
        """Make one job a sample; stops at one that is too large for a frame."""
        for sample in source:
            unanswered.append(sample)
            payload = sample.head + bytes((flags, 0)) + sample.pixels
            if self.recordings or len(payload) > self._exchange.max_payload:
                self.piece = self._exchange.max_payload
                return
            yield Job(code, payload, sample.index, sample.experience)

    def _in_pieces(self, code: int, sample: Sample, flags: int) -> bytes:
        """STALE when the board restarts in between and has lost the image."""
        recording = self.recordings.get(sample.pixels)
        kind = p.KIND_IMAGE if recording is None else p.KIND_SOUND
        data = sample.pixels if recording is None else recording
        self.piece = upload(self._exchange, kind, data, self.piece)
        head = sample.head + bytes((flags | p.IMAGE_STAGED, 0))
        return self._exchange.request(code, head + struct.pack("<I", crc32(data)))
