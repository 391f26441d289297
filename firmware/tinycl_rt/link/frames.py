"""Frames on a byte stream: the same code on the board and on the host.

    offset  size  field
    0       2     sync, 0xB1 0xC7
    2       1     code of the request
    3       1     protocol version in the upper four bits, flags in the lower four
    4       2     sequence number
    6       2     length n of the payload
    8       2     header check: lower half of the CRC-32 of bytes 0..7
    10      n     payload
    10 + n  4     CRC-32 of bytes 0..9+n

All numbers are little endian. The header has a check of its own so that a damaged length does
not swallow the frames that follow.

Basic example usage:

    reader = FrameReader(4096)
    room = reader.room()
    reader.fed(stream.readinto(room))
    while reader.next():
        print(reader.code, reader.seq, bytes(reader.payload))
"""

import struct

from tinycl_rt.lib.crc import crc32

__all__ = ["HEADER_BYTES", "OVERHEAD_BYTES", "VERSION", "FrameReader", "encode", "seal"]

SYNC0 = 0xB1
SYNC1 = 0xC7
VERSION = 1
HEADER_BYTES = 10
OVERHEAD_BYTES = 14

REPLY = 1  # flag: from the board
ERROR = 2  # flag: the payload is a typed error

_HEADER = "<BBBBHH"


def seal(view, code, flags, seq, length):
    """Complete a frame around a payload that stands at ``view[10 : 10 + length]``.

    Parameters
    ----------
    view : memoryview
        Of a bytearray with at least `length` + 14 bytes.

    Returns
    -------
    int
        Bytes of the whole frame, from ``view[0]`` on.
    """
    struct.pack_into(_HEADER, view, 0, SYNC0, SYNC1, code, VERSION << 4 | flags, seq, length)
    struct.pack_into("<H", view, 8, crc32(view[:8]) & 0xFFFF)
    end = HEADER_BYTES + length
    struct.pack_into("<I", view, end, crc32(view[:end]))
    return end + 4


def encode(code, flags, seq, payload):
    """Return one whole frame as bytes."""
    frame = bytearray(OVERHEAD_BYTES + len(payload))
    frame[HEADER_BYTES : HEADER_BYTES + len(payload)] = payload
    seal(memoryview(frame), code, flags, seq, len(payload))
    return bytes(frame)


class FrameReader:
    """Find frames in a stream of bytes that may have been cut, damaged or mixed with garbage.

    One buffer, made once. After ``next()`` returned True the attributes ``code``, ``version``,
    ``flags``, ``seq`` and ``payload`` (a view into the buffer, valid until the next call of
    ``next`` or ``room``) describe one frame whose checks are right.

    Parameters
    ----------
    max_payload : int
        Frames with a longer payload are skipped as damaged.
    """

    def __init__(self, max_payload):
        self.max_payload = max_payload
        self._buf = bytearray(OVERHEAD_BYTES + max_payload)
        self._view = memoryview(self._buf)
        self._start = 0  # first byte that is not consumed
        self._end = 0  # behind the last byte received
        self._total = 0  # bytes of the frame under way once its header is known, else 0
        self._given = 0  # bytes at _start which the caller is still looking at
        self.bad = 0  # headers and frames thrown away because a check was wrong
        self.code = self.version = self.flags = self.seq = 0
        self.payload = self._view[:0]

    def wanted(self):
        """Bytes that are missing for sure until the frame under way can be complete, >= 1."""
        have = self._end - self._start - self._given
        return (self._total or OVERHEAD_BYTES) - have

    def room(self, exact=False):
        """Return a view to read into; with `exact` no longer than ``wanted()``.

        For streams whose reads block until the view is full: they never wait for a byte that
        the sender of whole frames does not send.
        """
        self._consume()
        if self._start:
            have = self._end - self._start
            self._view[:have] = self._view[self._start : self._end]
            self._start = 0
            self._end = have
        stop = self._end + self.wanted() if exact else len(self._buf)
        return self._view[self._end : stop]

    def fed(self, count):
        """`count` bytes have been read into what ``room()`` returned."""
        self._end += count

    def next(self):
        """Go to the next whole frame; False when more bytes are needed."""
        self._consume()
        while True:
            if not self._total and not self._read_header():
                return False
            start, total = self._start, self._total
            if self._end - start < total:
                return False
            end = start + total - 4
            if struct.unpack_from("<I", self._buf, end)[0] == crc32(self._view[start:end]):
                break
            self._reject()
        _, _, self.code, vf, self.seq, _ = struct.unpack_from(_HEADER, self._buf, start)
        self.version = vf >> 4
        self.flags = vf & 15
        self.payload = self._view[start + HEADER_BYTES : end]
        self._given = total
        return True

    def skip(self):
        """Give up the frame under way, whose rest does not come; look for others behind it."""
        self._consume()
        if self._end > self._start:
            self._reject()

    def clear(self):
        """Forget everything received so far."""
        self._start = self._end = self._total = self._given = 0

    def _consume(self):
        if self._given:
            self._start += self._given
            self._given = 0
            self._total = 0

    def _reject(self):
        """The sync at _start was not that of a whole frame."""
        self.bad += 1
        self._start += 2 if self._end - self._start > 1 else 1
        self._total = 0

    def _read_header(self):
        """Move _start to a sync with a valid header behind it; False when bytes are missing."""
        buf = self._buf
        while True:
            i, end = self._start, self._end
            while i < end and (buf[i] != SYNC0 or (i + 1 < end and buf[i + 1] != SYNC1)):
                i += 1
            self._start = i
            if end - i < HEADER_BYTES:
                return False
            _, _, _, _, _, length = struct.unpack_from(_HEADER, buf, i)
            check = struct.unpack_from("<H", buf, i + 8)[0]
            if length <= self.max_payload and check == crc32(self._view[i : i + 8]) & 0xFFFF:
                self._total = OVERHEAD_BYTES + length
                return True
            self._reject()
