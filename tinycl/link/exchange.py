"""Requests and replies over an unreliable byte stream, several in flight.

Every request may be sent again: the board carries it out at most once, by its position
(``tinycl_rt.service.commands``). A board answers in the order of requests; so when a later one is
answered, an earlier one without an answer is lost, and only then is it repeated. Where nothing
later is under way, a tiny probe is: a board that is busy for long answers it late, and gets no
heap of repeated requests meanwhile.
"""

from __future__ import annotations

import random
import time
from collections import deque
from collections.abc import Iterable, Iterator

from tinycl_rt.link import protocol as p
from tinycl_rt.link.frames import ERROR, OVERHEAD_BYTES, REPLY, VERSION, FrameReader, encode

from tinycl.exceptions import LinkError
from tinycl.link.jobs import Counts, Job, SilentError, TooLossy
from tinycl.link.messages import Refused
from tinycl.link.transport import Transport
from tinycl.patience import PATIENCE

__all__ = ["Exchange"]

_REPLY_BYTES = 4096
_FIRST_TIMEOUT = 0.5  # seconds, before a round trip was measured
_SHORTEST_TIMEOUT = 0.02
_LONGEST_TIMEOUT = 10.0
_QUIET = 0.02  # seconds of silence after which a damaged reply is over
_LOSSY_TRIES = 4  # of a large frame
_SMALL_BYTES = 128  # frames up to here are repeated rather than cut up
_PROBE = b"\xff\xff"  # NAMES from class 65535 on: the request with the shortest reply


class Exchange:
    """Send requests, pair replies with them, repeat what was lost.

    Parameters
    ----------
    transport : Transport
    patience : float
        Seconds without any progress after which the board counts as silent.
    window : int
        Requests in flight at once.

    Attributes
    ----------
    max_payload : int
        Largest payload that the board takes.
    """

    def __init__(self, transport: Transport, patience: float = PATIENCE, window: int = 4) -> None:
        self.transport = transport
        self.patience = patience
        self.window = window
        self.max_payload = 1024
        self.counts = Counts()
        self._reader = FrameReader(_REPLY_BYTES)
        self._seq = random.randrange(65536)  # late replies to an earlier client do not match
        self._order = 0
        self._heard = False  # bytes came during the last wait, readable or not
        self._round_trip: float | None = None
        self._deviation = 0.0

    def attach(self, transport: Transport) -> None:
        """Go on over another transport."""
        self.transport = transport
        self._reader.clear()
        self._round_trip = None

    def request(self, code: int, payload: bytes = b"", patience: float | None = None) -> bytes:
        """Send one request and return the payload of its reply.

        Raises
        ------
        Refused
            The board answered with a typed error.
        LinkError
            No answer, or unplugged.
        """
        for job in self.pipeline([Job(code, payload)], patience, shrink=False):
            assert job.reply is not None
            return job.reply
        raise AssertionError("a pipeline of one job gives one job")

    def pipeline(
        self, jobs: Iterable[Job], patience: float | None = None, shrink: bool = True
    ) -> Iterator[Job]:
        """Carry out `jobs` in order, several in flight; yield each one with its reply.

        Parameters
        ----------
        jobs : iterable of Job
            Taken one by one as the window opens.
        patience : float, optional
            Overrides that of the exchange.
        shrink : bool
            Raise ``TooLossy`` when a large frame was lost several times running.

        Raises
        ------
        Refused, LinkError
            As ``request``.
        TooLossy
            Try smaller frames.
        """
        source = iter(jobs)
        pending: deque[Job] = deque()
        by_seq: dict[int, Job] = {}
        patience = self.patience if patience is None else patience
        progress = time.monotonic()
        backoff = 1.0
        exhausted = False
        while True:
            while not exhausted and len(pending) < self.window:
                job = next(source, None)
                exhausted = job is None
                if job is not None:
                    pending.append(job)
            if not pending:
                return
            for job in pending:
                if job.seq < 0 and job.reply is None:
                    self._send(job, by_seq)
            found = self._receive(by_seq, min(self._timeout() * backoff, _LONGEST_TIMEOUT))
            if found is None:
                backoff = 1.0 if self._heard else 2 * backoff
                self._reader.skip()
                self._check(pending, progress, patience, shrink)
                if backoff > 2:
                    self._fill(max(len(job.payload) for job in pending))
                self._send(Job(p.NAMES, _PROBE, probe=True), by_seq)
                continue
            backoff = 1.0
            job, seq, flags, payload = found
            current = seq == job.seq
            if job.probe or not flags & ERROR:
                job.reply = payload
                if current and job.tries == 1:
                    self._measure(time.monotonic() - job.sent_at)
            elif not self._gap(job, Refused.unpack(payload), pending, current):
                del by_seq[seq]
                continue
            if current:
                for other in pending:
                    if other.reply is None and other.seq >= 0 and other.order < job.order:
                        other.seq = -1
                job.seq = -1
            while pending and pending[0].reply is not None:
                done = pending.popleft()
                self.counts.round_trips += 1
                yield done
                progress = time.monotonic()  # what the caller does meanwhile does not count
            for key in [key for key, value in by_seq.items() if value.reply is not None]:
                del by_seq[key]
            self._check(pending, progress, patience, shrink)

    def _gap(self, job: Job, refused: Refused, pending: deque[Job], current: bool) -> bool:
        """An error came for `job`: True for a gap to fill by repeating, False when stale."""
        head = pending[0]
        if refused.code != p.GAP or job.index is None or head.index is None:
            raise refused
        if not current:
            return False
        if job.experience is not None and refused.experience != job.experience:
            raise refused
        if refused.position < head.index or job is head:
            raise refused  # the board went back behind what it had acknowledged
        return True

    def _check(self, pending: deque[Job], progress: float, patience: float, shrink: bool) -> None:
        """Give up: on large frames that were lost often, on the board in the end."""
        if not pending:
            return
        head = pending[0]
        lost = head.seq < 0 and head.tries >= _LOSSY_TRIES
        if shrink and lost and (head.large_reply or len(head.payload) > _SMALL_BYTES):
            raise TooLossy(list(pending))
        silent = time.monotonic() - progress
        if silent > patience:
            raise SilentError(
                f"{self.transport.name}: the board does not answer for {silent:.0f} s; "
                "is tinycl's firmware running on it? Reset it, or unplug it and plug it in"
            )

    def _send(self, job: Job, by_seq: dict[int, Job]) -> None:
        self._seq = (self._seq + 1) & 0xFFFF
        self._order += 1
        job.seq, job.order = self._seq, self._order
        job.tries += 1
        job.sent_at = time.monotonic()
        by_seq[job.seq] = job
        frame = encode(job.code, 0, job.seq, job.payload)
        self.counts.bytes_sent += len(frame)
        self.counts.frames_sent += 1
        self.counts.retransmissions += job.tries > 1
        self.transport.write(frame)

    def _fill(self, payload_bytes: int) -> None:
        """Send zeros: boards read in blocks, and one may wait for bytes that were dropped."""
        zeros = bytes(payload_bytes + OVERHEAD_BYTES)
        self.counts.bytes_sent += len(zeros)
        self.transport.write(zeros)

    def _receive(
        self, by_seq: dict[int, Job], timeout: float
    ) -> tuple[Job, int, int, bytes] | None:
        """Wait for a reply to one of the jobs; None after `timeout` seconds without one."""
        reader = self._reader
        start = time.monotonic()
        self._heard = False
        try:
            while True:
                while reader.next():
                    job = by_seq.get(reader.seq)
                    if job is None or not reader.flags & REPLY or reader.code != job.code:
                        continue
                    if reader.version != VERSION:
                        raise LinkError(
                            f"{self.transport.name}: the board speaks version {reader.version} "
                            f"of the protocol, this computer {VERSION}; flash the board again"
                        )
                    if job.reply is None:
                        return job, reader.seq, reader.flags, bytes(reader.payload)
                left = start + timeout - time.monotonic()
                if left <= 0:
                    return None
                if not self._pull(min(left, _QUIET) if self._heard else left) and self._heard:
                    return None
        finally:
            self.counts.bad_frames = reader.bad
            self.counts.seconds_waiting += time.monotonic() - start

    def _pull(self, timeout: float) -> int:
        """Move bytes from the transport into the reader; returns how many came."""
        room = self._reader.room()
        data = self.transport.read(len(room), timeout)
        room[: len(data)] = data
        self._reader.fed(len(data))
        self.counts.bytes_received += len(data)
        self._heard |= bool(data)
        return len(data)

    def _timeout(self) -> float:
        if self._round_trip is None:
            return _FIRST_TIMEOUT
        return max(2 * self._round_trip + 4 * self._deviation, _SHORTEST_TIMEOUT)

    def _measure(self, seconds: float) -> None:
        """Smooth the round-trip time and its deviation, as TCP does (RFC 6298)."""
        if self._round_trip is None:
            self._round_trip, self._deviation = seconds, seconds / 2
            return
        self._deviation += (abs(self._round_trip - seconds) - self._deviation) / 4
        self._round_trip += (seconds - self._round_trip) / 8
