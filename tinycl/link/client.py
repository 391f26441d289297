"""Talk to a board: everything that it can be asked, one method each.

Examples
--------
>>> with connect("/dev/ttyACM0") as board:        # doctest: +SKIP
...     print(board.info().platform)
...     board.begin(0, classes=[5], samples=100, names=["five"])
...     for progress in board.learn_many(0, 0, zip(images, labels)):
...         print(progress.position, progress.predicted)
...     board.end(0, 100)
...     board.predict(images[0])
"""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from tinycl_rt import protocol as p
from tinycl_rt.config import Config
from tinycl_rt.crc import crc32
from tinycl_rt.frames import VERSION

from tinycl.exceptions import BoardError, LinkError
from tinycl.link.exchange import Counts, Exchange, SilentError
from tinycl.link.images import ImageSender, Sample
from tinycl.link.messages import Info, Progress, unpack
from tinycl.link.transfer import fetch_state, upload
from tinycl.link.transport import Transport, open_transport

__all__ = ["BoardClient", "connect"]

_HELLO_SECONDS = 2.5
_WAKE_SECONDS = 8.0
# Zeros: a board may wait for the rest of a frame whose host went away. Ctrl-C leaves a program,
# Ctrl-B the raw REPL, Ctrl-D restarts MicroPython and with it main.py.
_WAKE = bytes(4110) + b"\r\x03\x03\x02\x04"


class BoardClient:
    """A board behind a byte stream.

    Parameters
    ----------
    transport : Transport
    patience : float
        Seconds without an answer after which the board counts as silent; longer than the board
        takes for one sample.
    reopen : callable, optional
        Opens the transport again after an unplug.

    Attributes
    ----------
    board : Info
        The last answer to hello.
    counts : Counts
        Bytes, frames, retransmissions, round trips.
    """

    def __init__(
        self,
        transport: Transport,
        patience: float = 30.0,
        reopen: Callable[[], Transport] | None = None,
    ) -> None:
        self.exchange = Exchange(transport, patience)
        self._reopen = reopen
        self._images = ImageSender(self.exchange)
        self.board: Info | None = None

    @property
    def counts(self) -> Counts:
        """What went over the link so far."""
        return self.exchange.counts

    @property
    def name(self) -> str:
        """Name of the port."""
        return self.exchange.transport.name

    def hello(self, patience: float | None = None, fingerprint: bool = False) -> Info:
        """Ask what the board is and where it stands.

        Parameters
        ----------
        patience : float, optional
            Seconds to wait for an answer.
        fingerprint : bool
            Ask for the CRC of the learned state too (the board reads all of it).
        """
        want = p.WANT_FINGERPRINT if fingerprint else 0
        payload = struct.pack(p.HELLO_REQUEST, VERSION, want)
        info = Info.unpack(self.exchange.request(p.HELLO, payload, patience))
        self.exchange.window = max(1, info.window)
        self._images.max_payload = info.max_payload
        self.board = info
        return info

    def info(self) -> Info:
        """``hello`` with the fingerprint of the learned state."""
        return self.hello(fingerprint=True)

    def predict(self, image: Any) -> int:
        """Class of one uint8 image (height, width, channels) by the consolidated head."""
        return next(self.predict_many([image]))

    def predict_many(self, images: Iterable[Any]) -> Iterator[int]:
        """Classes of images, several in flight."""
        for reply in self._images.send(p.PREDICT, (Sample(_pixels(x)) for x in images)):
            yield unpack(p.PREDICT_REPLY, reply)[0]

    def scores(self, image: Any) -> np.ndarray:
        """Logits of one image, int32 (classes,)."""
        replies = self._images.send(p.PREDICT, [Sample(_pixels(image))], p.IMAGE_SCORES)
        reply = next(replies)
        _, n = unpack(p.PREDICT_REPLY, reply)
        return np.frombuffer(reply, "<i4", n, struct.calcsize(p.PREDICT_REPLY)).copy()

    def begin(
        self,
        experience: int,
        classes: Sequence[int] = (),
        samples: int = 0,
        names: Sequence[str] | None = None,
    ) -> Progress:
        """Open experience number `experience`; `names` go with `classes`, in their order."""
        names = list(names) if names is not None else [""] * len(classes)
        if len(names) != len(classes):
            raise BoardError(f"expected {len(classes)} names, one a class, got {len(names)}")
        payload = struct.pack(p.BEGIN_REQUEST, experience, samples, len(classes))
        payload += struct.pack(f"<{len(classes)}H", *classes)
        payload += b"".join(p.text(name, p.MAX_NAME_BYTES) for name in names)
        return self._progress(p.BEGIN, payload)

    def learn(self, experience: int, position: int, image: Any, label: int) -> Progress:
        """Teach one labelled sample: number `position` of the open experience."""
        return next(self.learn_many(experience, position, [(image, label)]))

    def learn_many(
        self, experience: int, first: int, samples: Iterable[tuple[Any, int]]
    ) -> Iterator[Progress]:
        """Teach samples number `first`, `first` + 1, ... of the open experience.

        Parameters
        ----------
        experience, first : int
            Of the first sample; a sample that the board has learned already is not learned again.
        samples : iterable of (image, label)

        Yields
        ------
        Progress
            One for each sample, in order.

        Raises
        ------
        Refused
            With code ``GAP`` or ``NOT_OPEN``: the board went back behind what it had
            acknowledged, because it restarted.
        """
        heads = (
            Sample(
                _pixels(image),
                struct.pack("<IIH", experience, position, int(label)),
                position,
                experience,
            )
            for position, (image, label) in enumerate(samples, first)
        )
        for reply in self._images.send(p.LEARN, heads):
            yield Progress.unpack(reply)

    def end(self, experience: int, samples: int) -> Progress:
        """Close the experience after its `samples` samples; the board consolidates and saves."""
        return self._progress(p.END, struct.pack(p.END_REQUEST, experience, samples))

    def reset(self, config: Config) -> Progress:
        """Make the board forget everything it learned, and go on with these settings."""
        info = self.hello()
        place = (info.learned, info.experience, int(info.is_open), 0)
        return self._progress(p.RESET, struct.pack(p.RESET_REQUEST, *place) + config.pack())

    def save(self) -> Progress:
        """Make the board save now, if anything changed."""
        return self._progress(p.SAVE)

    def get_state(self, progress: Callable[[int, int], None] | None = None) -> bytes:
        """Fetch the whole learned state; `progress` is called with bytes so far and in all."""
        return fetch_state(self.exchange, progress)

    def put_state(
        self, state: bytes, progress: Callable[[int, int], None] | None = None
    ) -> Progress:
        """Put a state that ``get_state`` fetched from a board with the same model."""
        return self._put(p.KIND_STATE, state, progress)

    def put_model(
        self, model: bytes, progress: Callable[[int, int], None] | None = None
    ) -> Progress:
        """Send a compiled model; the board keeps its old one if this one does not fit."""
        result = self._put(p.KIND_MODEL, model, progress)
        self.hello()
        return result

    def names(self) -> list[str]:
        """Class names, "" where a class has none."""
        names: list[str] = []
        while True:
            reply = self.exchange.request(p.NAMES, struct.pack(p.NAMES_REQUEST, len(names)))
            total, _, n = unpack(p.NAMES_REPLY, reply)
            at = struct.calcsize(p.NAMES_REPLY)
            for _ in range(n):
                raw, at = p.read_text(reply, at)
                names.append(raw.decode())
            if len(names) >= total or not n:
                return names

    def stats(self) -> dict[str, int | str]:
        """Counters of the board, see ``tinycl_rt.protocol.STATS_NAMES``."""
        reply = self.exchange.request(p.STATS)
        values: dict[str, int | str] = dict(
            zip(p.STATS_NAMES, unpack(p.STATS_REPLY, reply), strict=True)
        )
        values["warning"] = p.read_text(reply, struct.calcsize(p.STATS_REPLY))[0].decode()
        return values

    def bench(self, predictions: int = 10, patience: float | None = None) -> float:
        """Milliseconds of one prediction on the board, the link left out."""
        payload = struct.pack(p.BENCH_REQUEST, predictions)
        done, ms = unpack(p.BENCH_REPLY, self.exchange.request(p.BENCH, payload, patience))
        return float(ms / done)

    def bye(self) -> None:
        """Let the board save and go back to its REPL; silent when it is gone already."""
        try:
            self.exchange.request(p.BYE, patience=3.0)
        except LinkError:
            return

    def reconnect(
        self, wait: float = 60.0, on_message: Callable[[str], None] | None = None
    ) -> Info:
        """Wait for the port to come back, and say hello again.

        Raises
        ------
        LinkError
            It did not come back in `wait` seconds.
        BoardError
            What came back is another board, or has another model.
        """
        before = self.board
        if self._reopen is None:
            raise LinkError(f"{self.name}: the link is broken")
        self.exchange.transport.close()
        if on_message:
            on_message(f"{self.name}: the board is gone; waiting up to {wait:.0f} s for it")
        deadline = time.monotonic() + wait
        while True:
            try:
                self.exchange.attach(self._reopen())
                info = _greet(self)
                break
            except LinkError:
                self.exchange.transport.close()
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
        self.counts.reconnections += 1
        if before and before.has_model and info.fingerprint != before.fingerprint:
            raise BoardError(
                f"{self.name}: the board that came back has another model "
                f"({info.fingerprint or 'none'}, expected {before.fingerprint})"
            )
        if before and info.uid != before.uid:
            raise BoardError(
                f"{self.name}: another board came back ({info.uid}, expected {before.uid})"
            )
        if on_message:
            on_message(f"{self.name}: the board is back, {info.learned} samples learned")
        return info

    def close(self) -> None:
        """Free the port; the board goes on serving."""
        self.exchange.transport.close()

    def __enter__(self) -> BoardClient:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is KeyboardInterrupt:  # Ctrl-C here leaves the board saved and in its REPL
            self.bye()
        self.close()

    def _progress(self, code: int, payload: bytes = b"") -> Progress:
        return Progress.unpack(self.exchange.request(code, payload))

    def _put(
        self, kind: int, data: bytes, progress: Callable[[int, int], None] | None
    ) -> Progress:
        limit = self._images.max_payload
        upload(self.exchange, kind, data, limit, progress)
        return self._progress(
            p.PUT_COMMIT, struct.pack(p.PUT_COMMIT_REQUEST, kind, 0, 0, crc32(data))
        )


def connect(
    port: str | Path | None = None,
    patience: float = 30.0,
    baudrate: int = 115200,
    wait: float = 0.0,
) -> BoardClient:
    """Open a port, wake the board's service if it sleeps in its REPL, and say hello.

    Parameters
    ----------
    port : str or Path, optional
        See ``tinycl.link.open_transport``; by default the only board that is plugged in.
    patience : float
        See ``BoardClient``.
    baudrate : int
        Of a real UART.
    wait : float
        Seconds to wait for a port that is not there yet.

    Raises
    ------
    LinkError
        No such port, no permission, busy, silent, or another protocol version.
    """
    deadline = time.monotonic() + wait
    while True:
        try:
            client = BoardClient(
                open_transport(port, baudrate),
                patience,
                lambda: open_transport(port, baudrate),
            )
            break
        except LinkError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(0.1)
    try:
        _greet(client)
    except BaseException:
        client.close()
        raise
    return client


def _greet(client: BoardClient) -> Info:
    """Say hello; when nobody answers, restart MicroPython, which may sit in its REPL."""
    try:
        return client.hello(_HELLO_SECONDS)
    except SilentError:
        pass
    client.exchange.transport.write(_WAKE)
    return client.hello(_WAKE_SECONDS)


def _pixels(image: Any) -> bytes:
    """Return the bytes of a uint8 image; LinkError is for links, so this is a BoardError."""
    if isinstance(image, (bytes, bytearray, memoryview)):
        return bytes(image)
    array = np.asarray(image)
    if array.dtype != np.uint8:
        raise BoardError(f"expected uint8 pixels, got {array.dtype}; the board takes 0..255")
    return array.tobytes()
