"""A bad cable: bytes between a host and a board are damaged, dropped, doubled, delayed, split.

A pseudo-terminal for the host on one side, the port of a board (a pseudo-terminal, or
``socket://host:port``) on the other. Seeded, so that a failure can be had again. Order is kept,
as on any cable; ``cut`` unplugs the host's side.
"""

from __future__ import annotations

import os
import random
import select
import threading
import time
import tty
from dataclasses import dataclass
from pathlib import Path

from tinycl.exceptions import LinkError
from tinycl.link.transport import Transport, open_transport

__all__ = ["FaultProxy", "Faults"]


@dataclass
class Faults:
    """Chances per byte (damage) or per piece of up to 64 bytes (the others), and seconds."""

    damage: float = 0.0
    drop: float = 0.0
    duplicate: float = 0.0
    delay: float = 0.0
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
        self.damaged = self.dropped = self.doubled = 0
        self._plug()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def cut(self) -> None:
        """Unplug and plug in again: the host's port is gone and comes back as another one."""
        self._cut = True
        while self._cut:
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
                time.sleep(0.05)
                self._plug()
            try:
                if self._board is None:
                    self._board = open_transport(self._board_port)
                ready = select.select([self._master, self._board.fileno()], [], [], 0.05)[0]
                if self._master in ready:
                    self._board.write(self._spoil(os.read(self._master, 4096)))
                if self._board.fileno() in ready:
                    self._to_host(self._spoil(self._board.read(4096, 0)))
            except LinkError:  # the board was killed: wait for it
                if self._board:
                    self._board.close()
                self._board = None
                time.sleep(0.01)
            except OSError:
                time.sleep(0.001)

    def _to_host(self, data: bytes) -> None:
        while data and not self._stop.is_set() and not self._cut:
            if select.select([], [self._master], [], 0.1)[1]:
                data = data[os.write(self._master, data) :]

    def _spoil(self, data: bytes) -> bytes:
        rng, faults = self._random, self._faults
        out = bytearray()
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
            out += piece
            if rng.random() < faults.duplicate:
                self.doubled += 1
                out += piece
        return bytes(out)
