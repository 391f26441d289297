"""A bad cable: bytes between a host and a board are damaged, dropped, doubled, delayed.

They also come in smaller and in larger pieces than they were sent, and the cable can be cut.
A pseudo-terminal for the host on one side, the port of a board (a pseudo-terminal, or
``socket://host:port``) on the other. Seeded, so that a failure can be had again. Order is kept,
as on any cable, and no byte waits for long.

Basic example usage::

    with FaultProxy(board.port, Path("cable"), Faults(damage=0.01, drop=0.01), seed=1) as cable:
        client = connect("cable")
        cable.cut()
"""

from __future__ import annotations

import os
import random
import select
import threading
import time
import tty
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tinycl.exceptions import LinkError
from tinycl.link.transport import Transport, open_transport

__all__ = ["FaultProxy", "Faults"]


@dataclass
class Faults:
    """Chances, and the longest delay in seconds.

    Per byte: damage. Per piece of up to 64 bytes: drop, duplicate, delay, split (it comes alone,
    and what follows comes later). Per read: merge (it comes together with what follows).
    """

    damage: float = 0.0
    drop: float = 0.0
    duplicate: float = 0.0
    delay: float = 0.0
    split: float = 0.0
    merge: float = 0.0
    delay_seconds: float = 0.005


class FaultProxy:
    """Carries bytes both ways in a thread of its own, with faults.

    Parameters
    ----------
    board : str
        Port of the board.
    link : Path
        The host's port: a link to a pseudo-terminal.
    """

    def __init__(self, board: str, link: Path, faults: Faults, seed: int = 0) -> None:
        self._board_port = board
        self._link = link
        self._faults = faults
        self._random = random.Random(seed)
        self._stop = threading.Event()
        self._board: Transport | None = None
        self.damaged = self.dropped = self.doubled = self.cuts = 0
        self._held = {self._to_board: bytearray(), self._to_host: bytearray()}
        self._plug()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def cut(self) -> None:
        """Unplug and plug in again: the host's port is gone and comes back as another one."""
        self.cuts += 1
        self._cut = True
        while self._cut and not self._stop.is_set():
            time.sleep(0.001)

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        os.close(self._master)
        os.close(self._slave)
        if self._board:
            self._board.close()
        self._link.unlink(missing_ok=True)

    def __enter__(self) -> FaultProxy:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _plug(self) -> None:
        self._cut = False
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        fresh = self._link.with_name(self._link.name + ".new")
        fresh.symlink_to(os.ttyname(self._slave))
        fresh.replace(self._link)

    def _run(self) -> None:
        while not self._stop.is_set():
            if self._cut:
                os.close(self._master)
                os.close(self._slave)
                for held in self._held.values():
                    held.clear()
                time.sleep(0.05)
                self._plug()
            try:
                if self._board is None:
                    self._board = open_transport(self._board_port)
                ready = select.select([self._master, self._board.fileno()], [], [], 0.05)[0]
                if self._master in ready:
                    self._carry(os.read(self._master, 4096), self._to_board)
                if self._board.fileno() in ready:
                    self._carry(self._board.read(4096, 0), self._to_host)
                if not ready:
                    self._flush(self._to_board)
                    self._flush(self._to_host)
            except LinkError:  # the board was killed: wait for it
                if self._board:
                    self._board.close()
                self._board = None
                time.sleep(0.01)
            except OSError:
                time.sleep(0.001)

    def _carry(self, data: bytes, deliver: Callable[[bytes], None]) -> None:
        """Spoil what was read, and deliver it: now, in parts, or with what comes next."""
        rng, faults = self._random, self._faults
        for piece in self._spoil(data):
            self._held[deliver] += piece
            if rng.random() < faults.split:
                self._flush(deliver)
                time.sleep(rng.random() * faults.delay_seconds)
        if rng.random() >= faults.merge:
            self._flush(deliver)

    def _flush(self, deliver: Callable[[bytes], None]) -> None:
        data = bytes(self._held[deliver])
        self._held[deliver].clear()
        if data:
            deliver(data)

    def _to_board(self, data: bytes) -> None:
        if self._board:
            self._board.write(data)

    def _to_host(self, data: bytes) -> None:
        while data and not self._stop.is_set() and not self._cut:
            if select.select([], [self._master], [], 0.1)[1]:
                data = data[os.write(self._master, data) :]

    def _spoil(self, data: bytes) -> Iterator[bytes]:
        rng, faults = self._random, self._faults
        at = 0
        while at < len(data):
            size = rng.randint(1, 64)
            piece = bytearray(data[at : at + size])
            at += size
            for i in range(len(piece)):
                if rng.random() < faults.damage:
                    piece[i] ^= rng.randint(1, 255)
                    self.damaged += 1
            if rng.random() < faults.delay:
                time.sleep(rng.random() * faults.delay_seconds)
            if rng.random() < faults.drop:
                self.dropped += 1
                continue
            yield bytes(piece)
            if rng.random() < faults.duplicate:
                self.doubled += 1
                yield bytes(piece)
