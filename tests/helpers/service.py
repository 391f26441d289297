"""A service in this process, with a stream made of two byte strings: for tests."""

from __future__ import annotations

import struct
from pathlib import Path

from tinycl_rt.device import Device
from tinycl_rt.link import protocol as p
from tinycl_rt.link.frames import ERROR, REPLY, FrameReader, encode
from tinycl_rt.service.service import Service

from tinycl.link.messages import Info, Progress, Refused

__all__ = ["Bench", "MemoryStream"]


class MemoryStream:
    """What the host sends and what the board answers, in memory."""

    def __init__(self, exact: bool = False) -> None:
        self.exact = exact
        self.to_board = b""
        self.to_host = b""
        self.is_open = False

    def open(self) -> None:
        self.is_open = True

    def close(self) -> None:
        self.is_open = False

    def wait(self, timeout_ms: int) -> bool:
        return bool(self.to_board)

    def readinto(self, view: memoryview) -> int:
        if self.exact:
            assert len(view) <= len(self.to_board), "this read would block for good"
        count = min(len(view), len(self.to_board))
        view[:count] = self.to_board[:count]
        self.to_board = self.to_board[count:]
        return count

    def write(self, view: memoryview) -> None:
        self.to_host += bytes(view)


class Bench:
    """A board in memory, on a flash folder."""

    def __init__(
        self,
        flash: Path,
        max_payload: int = 1024,
        autosave: int = 0,
        exact: bool = False,
        heap_limit: int = 0,
    ) -> None:
        self.device = Device(str(flash), autosave, heap_limit)
        self.device.open()
        self.stream = MemoryStream(exact)
        self.service = Service(self.stream, self.device, max_payload, uid="bench")
        self.reader = FrameReader(4096)
        self.seq = 0

    def feed(self, data: bytes) -> list[tuple[int, int, int, bytes]]:
        """Send raw bytes, return the replies: (code, flags, seq, payload)."""
        self.stream.to_board += data
        while self.stream.to_board:
            self.service.poll_once(0)
        found, answer = [], self.stream.to_host
        self.stream.to_host = b""
        while answer:
            room = self.reader.room()
            count = min(len(room), len(answer))
            room[:count] = answer[:count]
            self.reader.fed(count)
            answer = answer[count:]
            while self.reader.next():
                r = self.reader
                found.append((r.code, r.flags, r.seq, bytes(r.payload)))
        return found

    def ask(self, code: int, payload: bytes = b"") -> bytes:
        """Send one request and return its reply; Refused for a typed error."""
        self.seq = (self.seq + 1) & 0xFFFF
        replies = self.feed(encode(code, 0, self.seq, payload))
        assert len(replies) == 1
        got, flags, seq, answer = replies[0]
        assert (got, seq) == (code, self.seq) and flags & REPLY
        if flags & ERROR:
            raise Refused.unpack(answer)
        return answer

    def info(self) -> Info:
        return Info.unpack(self.ask(p.HELLO, bytes((1, p.WANT_FINGERPRINT))))

    def begin(self, experience: int, classes: tuple[int, ...] = ()) -> Progress:
        payload = struct.pack(p.BEGIN_REQUEST, experience, 0, len(classes))
        payload += struct.pack(f"<{len(classes)}H", *classes) + bytes(len(classes))
        return Progress.unpack(self.ask(p.BEGIN, payload))

    def learn(self, experience: int, position: int, image: bytes, label: int) -> Progress:
        return Progress.unpack(self.ask(p.LEARN, learn(experience, position, image, label)))

    def end(self, experience: int, samples: int) -> Progress:
        return Progress.unpack(self.ask(p.END, struct.pack(p.END_REQUEST, experience, samples)))

    def put(self, kind: int, data: bytes, crc: int, piece: int = 200) -> Progress:
        self.ask(p.PUT_BEGIN, struct.pack(p.PUT_BEGIN_REQUEST, kind, 0, 0, len(data), crc))
        for at in range(0, len(data), piece):
            head = struct.pack(p.PUT_DATA_REQUEST, kind, 0, 0, crc, at)
            self.ask(p.PUT_DATA, head + data[at : at + piece])
        return Progress.unpack(
            self.ask(p.PUT_COMMIT, struct.pack(p.PUT_COMMIT_REQUEST, kind, 0, 0, crc))
        )


def correction(number: int, label: int, *names: str) -> bytes:
    """Payload of a FORGET or RENAME request; its new name is last."""
    head = struct.pack(p.CORRECTION_REQUEST, number, label, 0)
    return head + b"".join(p.text(name) for name in names)


def learn(experience: int, position: int, image: bytes, label: int) -> bytes:
    """Payload of a LEARN request."""
    return struct.pack(p.LEARN_REQUEST, experience, position, label, 0, 0) + image
