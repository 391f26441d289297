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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from tinycl_rt.config import Config
from tinycl_rt.lib.crc import crc32
from tinycl_rt.link import protocol as p

from tinycl.exceptions import BoardError, LinkError
from tinycl.link.connection import Connection
from tinycl.link.images import ImageSender, Sample
from tinycl.link.jobs import GoneError
from tinycl.link.messages import Answer, Progress, Refused, unpack
from tinycl.link.outputs import MOST_BYTES, outputs_many
from tinycl.link.transfer import fetch_state, upload
from tinycl.link.transport import Transport, open_transport, reopen_transport
from tinycl.patience import PATIENCE

__all__ = ["BoardClient", "connect"]

_REPLUG_SECONDS = 10.0


class BoardClient(Connection):
    """A board and its requests; parameters and attributes as of ``Connection``."""

    def __init__(
        self,
        transport: Transport,
        patience: float = PATIENCE,
        reopen: Callable[[], Transport] | None = None,
    ) -> None:
        super().__init__(transport, patience, reopen)
        self._images = ImageSender(self.exchange)

    def send_recordings(self, recordings: Mapping[bytes, bytes]) -> None:
        """From now on send these samples of sound, int16, in place of the windows made of them.

        The board makes the windows itself; it must have been flashed with ``--sound``.
        """
        self._images.recordings = recordings

    def predict(self, image: Any, training: bool = False) -> int:
        """Class of one uint8 image (height, width, channels).

        By the consolidated head, or by the one that the open experience trains.
        """
        flags = p.IMAGE_OPEN if training else 0
        reply = next(self._images.send(p.PREDICT, [Sample(_pixels(image))], flags))
        return int(unpack(p.PREDICT_REPLY, reply)[0])

    def answer(self, image: Any, training: bool = False) -> Answer:
        """As `predict`, with the board's confidence, and whether it knows such samples."""
        flags = p.IMAGE_SURE | (p.IMAGE_OPEN if training else 0)
        return _answer(next(self._images.send(p.PREDICT, [Sample(_pixels(image))], flags)))

    def answer_many(self, images: Iterable[Any]) -> Iterator[Answer]:
        """Answers for images, several in flight."""
        samples = (Sample(_pixels(x)) for x in images)
        for reply in self._images.send(p.PREDICT, samples, p.IMAGE_SURE):
            yield _answer(reply)

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

    def latents_many(
        self, images: Iterable[Any], most: int = MOST_BYTES
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Packed latent bits and features of images; see ``outputs_many``."""
        for bits, features, _ in self.outputs_many(images, 0, most):
            yield bits, features

    def outputs_many(
        self, images: Iterable[Any], floats: int, most: int = MOST_BYTES
    ) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Run the network on images, several in flight; nothing is learned.

        Parameters and errors are those of ``tinycl.link.outputs.outputs_many``.
        """
        return outputs_many(self._images, self.info(), map(_pixels, images), floats, most)

    def begin(
        self,
        experience: int,
        classes: Sequence[int] = (),
        samples: int = 0,
        names: Sequence[str] | None = None,
    ) -> Progress:
        """Open experience number `experience`; `names` go with `classes`, in their order.

        Raises
        ------
        BoardError
            Not one name a class, or the board refuses: another number is due, one is open.
        LinkError
            No answer.
        """
        names = list(names) if names is not None else [""] * len(classes)
        if len(names) != len(classes):
            raise BoardError(f"expected {len(classes)} names, one a class, got {len(names)}")
        payload = struct.pack(p.BEGIN_REQUEST, experience, samples, len(classes))
        payload += struct.pack(f"<{len(classes)}H", *map(_class, classes))
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
                struct.pack("<IIH", experience, position, _class(label)),
                position,
                experience,
            )
            for position, (image, label) in enumerate(samples, first)
        )
        for reply in self._images.send(p.LEARN, heads):
            yield self._where(reply)

    def end(self, experience: int, samples: int) -> Progress:
        """Close the experience after its `samples` samples; the board consolidates and saves."""
        return self._progress(p.END, struct.pack(p.END_REQUEST, experience, samples))

    def reset(self, config: Config) -> Progress:
        """Make the board forget everything it learned, and go on with these settings."""
        info = self.hello()
        place = (info.learned, info.experience, int(info.is_open), 0)
        return self._progress(p.RESET, struct.pack(p.RESET_REQUEST, *place) + config.pack())

    def forget(self, label: int | str) -> Progress:
        """Make the board forget a class, by index or name, and save; once, across unplugs.

        Raises
        ------
        BoardError
            No such class, or the board's runtime is too old.
        LinkError
            No answer.
        """
        return self._correct(p.FORGET, label)

    def rename(self, label: int | str, name: str) -> Progress:
        """Give a class another name, as ``forget``; BoardError too where another class has it."""
        return self._correct(p.RENAME, label, name)

    def _correct(self, code: int, label: int | str, *names: str) -> Progress:
        info, known = self.retry(lambda: (self.require_model(), self.names()))
        if info.corrections is None:
            raise BoardError(
                f"{self.name}: the runtime of this board (version {info.version}) can neither "
                "forget nor rename a class: copy the one of this tinycl to it with tinycl flash"
            )
        if isinstance(label, str):
            if not label or label not in known:
                there = ", ".join(filter(None, known))
                raise BoardError(f"{self.name}: no class is named {label!r}; there are: {there}")
            label = known.index(label)
        elif not 0 <= label < len(known):
            raise BoardError(f"expected a class from 0 to {len(known) - 1}, got {label}")
        payload = struct.pack(p.CORRECTION_REQUEST, info.corrections, label, 0)
        payload += b"".join(p.text(name) for name in (known[label], *names))
        return self.retry(lambda: self._progress(code, payload))

    def save(self) -> Progress:
        """Make the board save now, if anything changed; Refused with its reason if it cannot."""
        return self._progress(p.SAVE)

    def try_save(self) -> str:
        """Make the board save now; returns why it could not, "" where it could."""
        try:
            self.save()
        except Refused as refused:
            if refused.code not in (p.STORAGE, p.NO_MEMORY):
                raise
            reason = refused.reason.removeprefix("not saved: ")
            self._heed(True, reason)
            return reason
        return ""

    def get_state(self) -> bytes:
        """Fetch the whole learned state.

        Raises
        ------
        Refused
            With code ``STALE``: the board learned meanwhile; with others: there is no model.
        LinkError
            No answer, or the state arrived damaged.
        """
        return fetch_state(self.exchange, self._progress_of("fetching the state"))

    def put_state(self, state: bytes) -> Progress:
        """Put a state that ``get_state`` fetched from a board with the same model."""
        return self._put(p.KIND_STATE, state, "sending the state")

    def put_model(self, model: bytes) -> Progress:
        """Send a compiled model; the board keeps its old one if this one does not fit."""
        return self._put(p.KIND_MODEL, model, "sending the model")

    def _put(self, kind: int, data: bytes, title: str) -> Progress:
        exchange = self.exchange
        upload(exchange, kind, data, exchange.max_payload, self._progress_of(title))
        if self.board and kind == p.KIND_MODEL:
            # If the link breaks now, either model may be there when the board is back.
            self.board = replace(self.board, has_model=False)
        commit = struct.pack(p.PUT_COMMIT_REQUEST, kind, 0, 0, crc32(data))
        result = self._progress(p.PUT_COMMIT, commit)
        self.hello()
        return result

    def _progress_of(self, title: str) -> Callable[[int, int], None]:
        return lambda done, total: self.observer.progress(title, done, total)

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
        """Counters of the board, see ``tinycl_rt.link.protocol.STATS_NAMES``."""
        return _stats(self.exchange.request(p.STATS))[0]

    def stats_and_replay(self) -> tuple[dict[str, int | str], list[int]]:
        """``stats``, and for each class how many slots of the replay memory hold it."""
        return _stats(self.exchange.request(p.STATS))

    def bench(self, predictions: int = 10, patience: float | None = None) -> float:
        """Milliseconds of one prediction on the board, the link left out."""
        payload = struct.pack(p.BENCH_REQUEST, predictions)
        done, ms = unpack(p.BENCH_REPLY, self.exchange.request(p.BENCH, payload, patience))
        return float(ms / done)

    def _progress(self, code: int, payload: bytes = b"") -> Progress:
        return self._where(self.exchange.request(code, payload))

    def _where(self, reply: bytes) -> Progress:
        found = Progress.unpack(reply)
        self._heed(found.unsaved)
        return found


def connect(
    port: str | Path | None = None,
    patience: float = PATIENCE,
    baudrate: int = 115200,
    wait: float = 0.0,
    revive: Callable[[], object] | None = None,
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
    revive : callable, optional
        Called before the port is opened again after a break: starts an emulated board that died.

    Raises
    ------
    LinkError
        No such port, no permission, busy, silent, or another protocol version.
    """
    begin = time.monotonic()
    while True:
        try:
            transport = open_transport(port, baudrate)
            client = BoardClient(
                transport, patience, partial(_reopen, transport, baudrate, revive)
            )
            try:
                client.greet()
                return client
            except BaseException as error:
                client.close()
                if isinstance(error, GoneError):  # a port that was there comes back
                    wait = max(wait, _REPLUG_SECONDS)
                elif isinstance(error, LinkError):
                    wait = 0
                raise
        except LinkError:
            if time.monotonic() >= begin + wait:
                raise
            time.sleep(0.1)


def _reopen(transport: Transport, baudrate: int, revive: Callable[[], object] | None) -> Transport:
    """Open the port again, after an emulated board that died was started again."""
    if revive is not None:
        revive()
    return reopen_transport(transport, baudrate)


def _stats(reply: bytes) -> tuple[dict[str, int | str], list[int]]:
    """Counters and replay slots of each class; none of those from older boards."""
    values: dict[str, int | str] = dict(
        zip(p.STATS_NAMES, unpack(p.STATS_REPLY, reply), strict=True)
    )
    raw, at = p.read_text(reply, struct.calcsize(p.STATS_REPLY))
    values["warning"] = raw.decode("utf-8", "replace")
    return values, list(struct.unpack_from(f"<{(len(reply) - at) // 2}H", reply, at))


def _class(label: Any) -> int:
    """Return a class index as the protocol can carry it."""
    number = int(label)
    if not 0 <= number < p.UNKNOWN_CLASS:
        raise BoardError(f"expected a class index from 0 on, got {number}")
    return number


def _answer(reply: bytes) -> Answer:
    """A reply to PREDICT that was asked for confidence; boards before 0.2 do not tell it."""
    label, scores = unpack(p.PREDICT_REPLY, reply)
    end = reply[struct.calcsize(p.PREDICT_REPLY) + 4 * scores :]
    if not end:
        return Answer(label)
    confidence, known = unpack(p.PREDICT_END, end)
    return Answer(label, confidence / 255, bool(known))


def _pixels(image: Any) -> bytes:
    """Return the bytes of a uint8 image."""
    if isinstance(image, (bytes, bytearray, memoryview)):
        return bytes(image)
    array = np.asarray(image)
    if array.dtype != np.uint8:
        raise BoardError(f"expected uint8 pixels, got {array.dtype}; the board takes 0..255")
    return array.tobytes()
