"""Check that a board whose storage fails says so, and that its last good state always loads.

    python -m tools.faults.storage --trials 200 --seed 1

Each trial teaches a stream to an emulated board and saves, closes experiences, backs up, restores
and sends a model on the way; now and then the board is stopped for a moment, as by slow storage.
From a random step on, files of the boards on this computer's file system grow no further than to a
random byte (RLIMIT_FSIZE: the kernel refuses what lies behind it). Boards on QEMU have a littlefs
that something else has filled up to a random byte. Then the plug is pulled. The trial fails if the
board said that all was saved and it is not; if nobody was told of a save that failed; or if the
board starts with a state older than the last one that it reported as saved, or with none. The exit
status is 0 when no trial failed.
"""

from __future__ import annotations

import os
import random
import resource
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from tinycl_rt.config import Config
from tinycl_rt.kernels.numpy import core as numpy_kernels
from tinycl_rt.learner import Learner
from tinycl_rt.link import protocol as p
from tinycl_rt.model.loader import Model

from tinycl.boards import EmulatedBoard, start
from tinycl.boards.registry import get
from tinycl.exceptions import BoardError
from tinycl.link import BoardClient, Refused, connect
from tinycl.observer import Observer
from tools.bench.synthetic_model import synthetic_model
from tools.boards.session import Session
from tools.command import command_line, tool

__all__ = ["BOARDS", "Result", "main", "run"]

BOARDS = ("cpython", "unix", "cortex-m3")
_SAMPLES = 40  # of each experience
_EXPERIENCES = 2
_MOST_ROOM = 40_000  # bytes that are left on a littlefs; all saves take less
_FILL = """
import os

def fill(room):
    with open("/photos", "ab") as f:
        while True:
            found = os.statvfs("/")
            free = found[0] * found[3] - room
            if free <= 0:
                return
            f.write(bytes(min(free, 4096)))
            f.flush()
"""
_STEP = 5  # samples between random events
_CLASSES = 4
_SHAPE = (8, 8, 1)
_CONFIG = Config(classes=_CLASSES, replay_slots=40, replay_batch=1, seed=5)


@dataclass
class Result:
    """What happened: trials of each outcome, and a sentence for each that failed."""

    trials: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


class Clean:
    """A stream, and what is learned from it where nothing fails.

    Attributes
    ----------
    known : dict of int to int
        Samples learned, by the fingerprint of each state on the way.
    """

    def __init__(self) -> None:
        self.model = synthetic_model(_SHAPE, "4k")
        rng = np.random.default_rng(1)
        count = _EXPERIENCES * _SAMPLES
        self.images = rng.integers(0, 256, (count, *_SHAPE), dtype=np.uint8)
        self.labels = rng.integers(0, _CLASSES, count).tolist()
        learner = Learner(Model(self.model), _CONFIG, numpy_kernels)
        self.known = {int(learner.fingerprint()): 0}
        for experience in range(_EXPERIENCES):
            learner.begin(experience, range(_CLASSES), _SAMPLES)
            self.known[int(learner.fingerprint())] = int(learner.learned)
            for i in range(experience * _SAMPLES, (experience + 1) * _SAMPLES):
                learner.learn(self.images[i].tobytes(), self.labels[i])
                self.known[int(learner.fingerprint())] = i + 1
            learner.end()
            self.known[int(learner.fingerprint())] = int(learner.learned)


class Told(Observer):
    """Whether the user was told that the board cannot save."""

    def __init__(self) -> None:
        self.told = False

    def message(self, text: str) -> None:
        """See ``Observer``."""
        self.told |= "could not save" in text


class Trial:
    """One stream on a board whose storage fails at some time.

    Parameters
    ----------
    board : EmulatedBoard
        It runs, and has the model.
    client : BoardClient
    rng : random.Random
    clean : Clean
    limited : bool
        Whether a limit is set on the way.
    """

    def __init__(
        self,
        board: EmulatedBoard,
        client: BoardClient,
        rng: random.Random,
        clean: Clean,
        limited: bool,
    ) -> None:
        self._board, self._client, self._rng = board, client, rng
        self._clean, self._known = clean, clean.known
        self._saved = self._saves = 0  # samples in the last save that was reported, its number
        self._limit_at = rng.randrange(_EXPERIENCES * _SAMPLES + 1) if limited else -1

    def run(self) -> tuple[str, str]:
        """Outcome, and what is wrong ("" if nothing is)."""
        client = self._client
        client.observer = watching = Told()
        client.unsaved = False
        images, labels = self._clean.images, self._clean.labels
        for experience in range(_EXPERIENCES):
            self._event(experience * _SAMPLES)
            client.begin(experience, range(_CLASSES), _SAMPLES)
            for first in range(0, _SAMPLES, _STEP):
                at = experience * _SAMPLES + first
                self._event(at)
                some = zip(images[at : at + _STEP], labels[at : at + _STEP], strict=True)
                for progress in client.learn_many(experience, first, some):
                    self._note(progress.learned, progress.generation, progress.unsaved)
            progress = client.end(experience, _SAMPLES)
            self._note(progress.learned, progress.generation, progress.unsaved)
        self._event(_EXPERIENCES * _SAMPLES)
        why = client.try_save()
        state = client.info().state
        if why and not watching.told:
            return "told", "a save failed, and nobody was told"
        if state not in self._known or self._known[state] != _EXPERIENCES * _SAMPLES:
            return "told" if why else "saved", "it learned something else than a clean run"
        if not why:
            self._saved = _EXPERIENCES * _SAMPLES
        return "told" if why else "saved", self._after_power_cut()

    def _note(self, learned: int, generation: int, unsaved: bool) -> None:
        """A reply: a new generation is a save that the board reports."""
        if generation > self._saves and not unsaved:
            self._saved, self._saves = learned, generation

    def _event(self, at: int) -> None:
        """What a user may do between samples; from some sample on files cannot grow."""
        if at <= self._limit_at < at + _STEP:
            largest = max(file.stat().st_size for file in self._board.flash.iterdir())
            limit = self._rng.randrange(largest + 4096)
            resource.prlimit(self._board.pid, resource.RLIMIT_FSIZE, (limit, -1))
        what = self._rng.choice(("", "", "", "save", "restore", "model", "slow"))
        client = self._client
        with suppress(Refused):
            if what == "save":
                client.try_save()
            elif what == "restore" and client.hello().learned:
                client.put_state(client.get_state())
            elif what == "model":
                _refused(client, self._clean.model)
            elif what == "slow":
                threading.Timer(0.05, os.kill, (self._board.pid, signal.SIGCONT)).start()
                os.kill(self._board.pid, signal.SIGSTOP)
        info = client.hello()
        self._note(info.learned, info.generation, info.unsaved)

    def _after_power_cut(self) -> str:
        """Mend the storage and start again; what is wrong with the state that is there."""
        self._board.restart()
        info = self._client.reconnect()
        if not info.has_model:
            return f"the model is gone: {info.warning}"
        state = self._client.info().state or 0
        if not self._saves and not info.learned:
            return ""  # it never saved, and said so
        if state not in self._known:
            return f"its state {state:08x} is none of a clean run"
        if self._known[state] < self._saved:
            return f"it has {self._known[state]} samples, and said that {self._saved} were saved"
        return ""


def _refused(client: BoardClient, model: bytes) -> None:
    """Send a damaged model: the board refuses it, and goes on as before."""
    before = client.info()
    try:
        client.put_model(model[:-1] + bytes([model[-1] ^ 1]))
    except Refused as refused:
        if refused.code not in (p.STORAGE, p.BAD_VALUE, p.TOO_LARGE):
            raise
    after = client.info()
    if (after.state, after.fingerprint) != (before.state, before.fingerprint):
        raise BoardError("a model that was refused changed what the board has learned")


def run(name: str, trials: int, seed: int, result: Result) -> None:
    """Carry out trials on an emulated board; the result counts them."""
    clean, rng = Clean(), random.Random(f"{name} {seed}")
    with tempfile.TemporaryDirectory() as folder:
        flash = Path(folder, "flash")
        if get(name).emulator:
            for image in _filled(name, clean.model, trials, rng, Path(folder)):
                flash.mkdir(exist_ok=True)
                image.replace(flash / "flash.img")
                with start(name, flash=flash) as board:
                    _trials(board, 1, rng, clean, result)
            return
        board = start(name, flash=flash, autosave=8)
        command = board.command()
        # A write beyond the limit is an error for the board, rather than the end of its process.
        ignoring = ["env", "--ignore-signal=XFSZ", *command]
        board.command = lambda: ignoring  # type: ignore[method-assign]
        with board:
            _trials(board, trials, rng, clean, result)


def _trials(
    board: EmulatedBoard, trials: int, rng: random.Random, clean: Clean, result: Result
) -> None:
    limited = not get(board.name).emulator
    with connect(board.port) as client:
        if not client.hello().has_model:
            client.put_model(clean.model)
        for _ in range(trials):
            client.reset(_CONFIG)
            outcome, wrong = Trial(board, client, rng, clean, limited).run()
            result.trials[outcome] += 1
            if wrong:
                result.failures.append(f"{board.name}, trial {result.trials.total()}: {wrong}")


def _filled(
    name: str, model: bytes, count: int, rng: random.Random, folder: Path
) -> Iterator[Path]:
    """Images of a board's flash, with a model and ever less room, down to none."""
    filling, copies = folder / "filling", []
    filling.mkdir()
    rooms = sorted((rng.randrange(_MOST_ROOM) for _ in range(count)), reverse=True)
    with Session(get(name), filling) as board:
        board.serial.fs_writefile("/model.tcm", model, chunk_size=1024)
        board.run(_FILL)
        for number, room in enumerate(rooms):
            board.run(f"fill({room})", timeout=120)
            copies.append(folder / f"{number}.img")
            copies[-1].write_bytes((filling / "flash.img").read_bytes())
    yield from copies


@tool("storage", 2)
def main(words: list[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = command_line(__doc__)
    parser.add_argument("--trials", type=int, default=200, help="of all boards together")
    parser.add_argument("--boards", default=",".join(BOARDS), help="emulated boards, with commas")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(words)
    result, started = Result(), time.monotonic()
    boards = given.boards.split(",")
    for number, name in enumerate(boards):
        run(name, (given.trials + number) // len(boards), given.seed, result)
        print(f"{name}: {dict(result.trials)}", flush=True)
    for failure in result.failures:
        print(f"failed: {failure}")
    print(f"{result.trials.total()} trials in {time.monotonic() - started:.0f} s")
    return 1 if result.failures else 0


if __name__ == "__main__":
    sys.exit(main())
