"""A board behind a byte stream that may break: hello, goodbye, and going on after a break."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TypeVar

from tinycl_rt.link import protocol as p
from tinycl_rt.link.frames import VERSION

from tinycl.exceptions import BoardError, LinkError
from tinycl.link.exchange import Exchange
from tinycl.link.jobs import Counts, SilentError
from tinycl.link.messages import Info, Refused
from tinycl.link.transport import Transport
from tinycl.observer import Observer
from tinycl.patience import PATIENCE

__all__ = ["Connection"]

Self = TypeVar("Self", bound="Connection")
T = TypeVar("T")

# Shares of the patience: for hello; for hello of a board that starts again; for goodbye, before
# which the requests that are under way come.
_HELLO, _WAKE, _BYE = 1 / 12, 4 / 15, 1 / 3
_BREAKS = 30  # without progress, after which it is an error
# A board that restarted is elsewhere than the host believes.
_RESTARTED = (p.GAP, p.NOT_OPEN, p.STALE)
# Zeros: a board may wait for the rest of a frame whose host went away. Ctrl-C leaves a program,
# Ctrl-B the raw REPL, Ctrl-D restarts MicroPython and with it main.py.
_AWAKEN = bytes(4110) + b"\r\x03\x03\x02\x04"


class Connection:
    """A board behind a byte stream.

    Parameters
    ----------
    transport : Transport
    patience : float
        Seconds without an answer after which the board counts as silent; longer than the board
        takes for one sample. Hello and goodbye get a share of it.
    reopen : callable, optional
        Opens the transport again after an unplug.

    Attributes
    ----------
    board : Info
        The last answer to hello.
    counts : Counts
        Bytes, frames, retransmissions, round trips.
    wait : float
        Seconds to wait for a board that was unplugged.
    observer : Observer
        Hears when the board goes and comes back, when it cannot save, and how far long steps are.
    unsaved : bool
        The board's last save failed, as of its last answer: what it learned lives in RAM only.
    """

    def __init__(
        self,
        transport: Transport,
        patience: float = PATIENCE,
        reopen: Callable[[], Transport] | None = None,
    ) -> None:
        self.exchange = Exchange(transport, patience)
        self._reopen = reopen
        self.board: Info | None = None
        self.wait = 60.0
        self.observer = Observer()
        self.unsaved = False

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
        self.exchange.max_payload = info.max_payload
        self.board = info
        self._heed(info.unsaved, info.warning.removeprefix("not saved: "))
        return info

    def _heed(self, unsaved: bool, reason: str = "") -> None:
        """Tell the observer once when the board could not save."""
        if unsaved and not self.unsaved:
            self.observer.message(
                f"{self.name}: the board could not save{reason and f' ({reason})'}; what it "
                "learned is in its memory only, and lost without power"
            )
        self.unsaved = unsaved

    def info(self) -> Info:
        """``hello`` with the fingerprint of the learned state."""
        return self.hello(fingerprint=True)

    def require_model(self) -> Info:
        """``hello``; BoardError when the board has no model."""
        info = self.hello()
        if not info.has_model:
            raise BoardError(
                f"{self.name}: there is no model on this board"
                f"{': ' + info.warning if info.warning else ''}; send one first with --model, or "
                "BoardClient.put_model"
            )
        return info

    def greet(self) -> Info:
        """Say hello; when nobody answers, restart MicroPython, which may sit in its REPL."""
        try:
            return self.hello(self.exchange.patience * _HELLO)
        except SilentError:
            pass
        self.exchange.transport.write(_AWAKEN)
        return self.hello(self.exchange.patience * _WAKE)

    def bye(self) -> None:
        """Let the board save and go back to its REPL; silent when it is gone already."""
        try:
            self.exchange.request(p.BYE, patience=self.exchange.patience * _BYE)
        except LinkError:
            return

    def retry(self, action: Callable[[], T]) -> T:
        """Carry out a step with a board that may be unplugged, reset or cut off meanwhile.

        After a break the step begins again. That does no harm: each request names the place where
        it belongs, and a board that has carried it out already says so.

        Parameters
        ----------
        action : callable
            The step; ``retry`` returns what it returns.

        Raises
        ------
        LinkError
            The board did not come back in ``wait`` seconds, or the link broke too often.
        BoardError
            The board refused, or another one came back.
        """
        return next(self.resume(lambda: iter((action(),))))

    def resume(
        self, steps: Callable[[], Iterator[T]], place: Callable[[T], int] | None = None
    ) -> Iterator[T]:
        """Yield what ``steps()`` yields; after a break call it again, and go on with that.

        Parameters
        ----------
        steps : callable
            Makes an iterator that begins where the board is.
        place : callable, optional
            How far an item is. Breaks count until an item is further than all before, so that a
            board that fails at the same place again and again is an error. By default each item
            is progress.

        Raises
        ------
        LinkError, BoardError
            As ``retry``.
        """
        breaks, furthest = 0, -1
        while True:
            try:
                for item in steps():
                    if place is None or place(item) > furthest:
                        breaks, furthest = 0, place(item) if place else furthest
                    yield item
                return
            except LinkError:
                breaks += 1
                if breaks > _BREAKS:
                    raise
            except Refused as refused:
                breaks += 1
                if refused.code not in _RESTARTED or breaks > _BREAKS:
                    raise
                self.observer.message(
                    f"{self.name}: the board changed meanwhile; going on from where it is"
                )
                continue
            self.reconnect()

    def reconnect(self) -> Info:
        """Wait for the port to come back, and say hello again.

        Raises
        ------
        LinkError
            It did not come back in ``wait`` seconds.
        BoardError
            What came back is another board, or has another model.
        """
        before = self.board
        if self._reopen is None:
            raise LinkError(f"{self.name}: the link is broken")
        self.exchange.transport.close()
        self.observer.message(
            f"{self.name}: the board is gone; waiting up to {self.wait:.0f} s for it"
        )
        deadline = time.monotonic() + self.wait
        while True:
            try:
                self.exchange.attach(self._reopen())
                info = self.greet()
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
        self.observer.message(f"{self.name}: the board is back, {info.learned} samples learned")
        return info

    def close(self) -> None:
        """Free the port; the board goes on serving."""
        self.exchange.transport.close()

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is KeyboardInterrupt:  # Ctrl-C here leaves the board saved and in its REPL
            self.bye()
        elif kind is not None and not issubclass(kind, LinkError):
            with suppress(BoardError, LinkError):  # an emulated board ends right after this
                self.exchange.request(p.SAVE, patience=self.exchange.patience * _BYE)
        self.close()
