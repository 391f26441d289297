"""Check that a board loses nothing while its cable is bad and its process is killed repeatedly.

    python -m tools.faults.soak --board unix --seconds 3600 --seed 1 --json soak.json

One stream after another: reset with new settings (about every other one trains a tail), some
experiences over a cable that damages, drops, doubles, delays, splits and merges bytes, while the
board's process is killed (SIGKILL) and the cable cut at random instants. After each restart the
board's state must be one of those that it can have saved. Between experiences: save, backup,
restore, predictions. The exit status is 0 when nothing was lost.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from tinycl_rt.config import Config
from tinycl_rt.kernels.numpy import core as numpy_kernels
from tinycl_rt.learner import Learner
from tinycl_rt.model.loader import Model

from tinycl.boards import EmulatedBoard, start
from tinycl.exceptions import LinkError
from tinycl.link import BoardClient, connect, stream_experience
from tinycl.observer import Observer
from tools.bench.synthetic_model import synthetic_model
from tools.command import command_line, tool
from tools.faults.proxy import FaultProxy, Faults

__all__ = ["Chaos", "Result", "Soak", "main"]

_SHAPE = (8, 8, 1)
_CLASSES = 4
_EXPERIENCES = 3
_WAIT = 120.0  # seconds that the host waits for a board


@dataclass
class Result:
    """What happened. `samples_lost`, `samples_doubled` and `states_lost` have to be 0.

    Attributes
    ----------
    frames_damaged : int
        Frames that host or board threw away (a killed board takes its count with it).
    states_checked : int
        Restarts after which the board's state was compared.
    states_lost : int
        It was none that the board can have saved, or older than a save that it had reported.
    fingerprint_equal : bool
        Every stream ended in the state of a clean run.
    """

    samples_sent: int = 0
    samples_lost: int = 0
    samples_doubled: int = 0
    frames_damaged: int = 0
    kills: int = 0
    cuts: int = 0
    states_checked: int = 0
    states_lost: int = 0
    fingerprint_equal: bool = True
    streams: int = 0
    resets: int = 0
    saves: int = 0
    restores: int = 0
    bytes_damaged: int = 0
    pieces_dropped: int = 0
    pieces_doubled: int = 0
    retransmissions: int = 0
    seconds: float = 0.0

    @property
    def clean(self) -> bool:
        """Nothing was lost."""
        lost = self.samples_lost + self.samples_doubled + self.states_lost
        return not lost and self.fingerprint_equal


class Chaos:
    """Kills the board and cuts the cable at random instants, in a thread, for some seconds."""

    def __init__(
        self,
        board: EmulatedBoard,
        cable: FaultProxy,
        rng: random.Random,
        pause: float,
        seconds: float,
    ) -> None:
        self._board, self._cable, self._rng, self._pause = board, cable, rng, pause
        self._until = time.monotonic() + seconds
        self._stop = threading.Event()
        self.kills = 0
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Leave the board running and the cable whole."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._rng.random() * 2 * self._pause):
            if time.monotonic() > self._until:
                return
            if self._rng.random() < 0.3:
                self._cable.cut()
            else:
                self._board.restart()
                self.kills += 1


class Soak(Observer):
    """A board, a host, and a learner that nothing happens to."""

    def __init__(self, client: BoardClient, model: bytes, seed: int, samples: int) -> None:
        self.client = client
        self.result = Result()
        self._model = Model(model)
        self._rng = np.random.default_rng(seed)
        self._samples = samples
        self._history: dict[tuple[int, bool, int], int] = {}  # place of a learner: fingerprint
        self._saved = (0, 0)  # experience and position that a reported save has at least
        self._generation = self._seen = self._bad_frames = 0

    def stream(self) -> None:
        """One stream from a reset to its end."""
        seed = int(self._rng.integers(1, 2**31))
        policy, depth = int(self._rng.integers(0, 4)), int(self._rng.integers(0, 2))
        deep = {"depth": 1, "thresholds": 1} if depth else {}
        config = Config(
            classes=_CLASSES, replay_slots=80, replay_batch=1, seed=seed, policy=policy, **deep
        )
        twin = Learner(self._model, config, numpy_kernels)
        self._history[0, False, 0] = int(twin.fingerprint())
        self._saved = (0, 0)
        self.client.retry(lambda: self.client.reset(config))
        self.result.resets += 1
        for experience in range(_EXPERIENCES):
            classes = sorted({int(c) for c in self._rng.choice(_CLASSES, 2, replace=False)})
            labels = self._rng.choice(classes, self._samples).tolist()
            images = self._rng.integers(0, 256, (self._samples, *_SHAPE), dtype=np.uint8)
            self._learn_twin(twin, experience, classes, images, labels)
            self._experience(experience, classes, images, labels)
            self._between(twin, images)
        self.result.streams += 1

    def _learn_twin(
        self, twin: Learner, experience: int, classes: list[int], images: Any, labels: list[int]
    ) -> None:
        """Learn it here, and note the state after each step."""
        # Before BEGIN arrives a board may still be at the end of the experience before.
        self._history = {(experience, False, 0): int(twin.fingerprint())}
        twin.begin(experience, classes, len(labels))
        self._history[experience, True, 0] = int(twin.fingerprint())
        for i, (image, label) in enumerate(zip(images, labels, strict=True), 1):
            twin.learn(image.tobytes(), label)
            self._history[experience, True, i] = int(twin.fingerprint())
        twin.end()
        self._history[experience + 1, False, 0] = int(twin.fingerprint())

    def _experience(
        self, experience: int, classes: list[int], images: Any, labels: list[int]
    ) -> None:
        self._seen = 0
        for progress in stream_experience(
            self.client, experience, images, labels, classes=classes
        ):
            if progress.generation > self._generation:
                self._generation = progress.generation
                self._saved = (experience, self._seen)
            self._seen = progress.position
        self.result.samples_sent += len(labels)

    def _between(self, twin: Learner, images: Any) -> None:
        """After an experience: compare, save, back up, restore, predict."""
        info = self.client.retry(self.client.info)
        missing = int(twin.learned) - info.learned
        self.result.samples_lost += max(missing, 0)
        self.result.samples_doubled += max(-missing, 0)
        equal = info.state == twin.fingerprint()
        self._saved = (info.experience, 0)
        self.client.retry(self.client.save)
        self.result.saves += 1
        if self._rng.random() < 0.5:
            state = self.client.retry(self.client.get_state)
            equal &= state == bytes(twin.dump())
            self.client.retry(lambda: self.client.put_state(state))
            self.result.restores += 1
        for image in images[:4]:
            answer = self.client.retry(partial(self.client.predict, image))
            equal &= answer == twin.predict(image.tobytes())
        self.result.fingerprint_equal &= equal
        bad = int(self.client.retry(self.client.stats)["bad_frames"])
        self.result.frames_damaged += bad - self._bad_frames * (bad >= self._bad_frames)
        self._bad_frames = bad

    def message(self, text: str) -> None:
        """The board is back, or restarted: is its state one that it can have?"""
        if "is gone" in text:
            return
        self._seen = 0
        try:
            info = self.client.info()
        except LinkError:
            return  # killed again: the next restart tells
        place = (info.experience, info.is_open, info.position)
        known, reached = self._history.get(place), (info.experience, info.position)
        self.result.states_checked += 1
        if known is None or known != info.state or reached < self._saved:
            self.result.states_lost += 1
            print(f"lost: at {place} in {info.state}, expected {known}, saved {self._saved}")
        else:
            # Not that it is saved: where the cable was cut, it goes on with what it has in RAM.
            self._seen = info.position
        self._generation = info.generation


def soak(board_name: str, seconds: float, seed: int, faults: Faults, pause: float) -> Result:
    """Run streams for a time in seconds; the last stream is finished.

    Parameters
    ----------
    board_name : str
        An emulated board.
    faults : Faults
        Of the cable.
    pause : float
        Mean seconds between kills and cuts.
    """
    model = synthetic_model(_SHAPE, "4k", seed)
    # Boards on QEMU take the settings of their main.py: a save every 64 samples.
    options: dict[str, dict[str, Any]] = {
        "cpython": {"kernels": "numpy", "autosave": 8},
        "unix": {"autosave": 8},
    }
    samples = 60 if board_name in options else 150
    started = told = time.monotonic()
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        flash, link = Path(name) / "flash", Path(name) / "cable"
        board = stack.enter_context(start(board_name, flash=flash, **options.get(board_name, {})))
        with connect(board.port) as client:
            client.put_model(model)
        cable = stack.enter_context(FaultProxy(board.port, link, faults, seed))
        client = stack.enter_context(connect(link, patience=60, wait=_WAIT))
        client.wait = _WAIT
        client.observer = it = Soak(client, model, seed, samples)
        chaos = Chaos(board, cable, random.Random(seed), pause, seconds)
        try:
            while time.monotonic() < started + seconds:
                it.stream()
                if time.monotonic() > told + 10:
                    told = time.monotonic()
                    _tell(it.result, chaos, told - started)
        finally:
            chaos.stop()
        it.stream()  # and once with nothing but the cable's faults
        result = it.result
        result.kills, result.cuts = chaos.kills, cable.cuts
        result.frames_damaged += client.counts.bad_frames
        result.retransmissions = client.counts.retransmissions
        result.bytes_damaged, result.pieces_dropped = cable.damaged, cable.dropped
        result.pieces_doubled = cable.doubled
    result.seconds = round(time.monotonic() - started, 1)
    return result


def _tell(result: Result, chaos: Chaos, seconds: float) -> None:
    print(
        f"{seconds:6.0f} s: {result.streams} streams, {result.samples_sent} samples, "
        f"{chaos.kills} kills; lost {result.samples_lost} samples, {result.states_lost} states",
        flush=True,
    )


@tool("soak", 2)
def main(words: list[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = command_line(__doc__)
    parser.add_argument("--board", default="unix", help="an emulated board")
    parser.add_argument("--seconds", type=float, default=3600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--damage", type=float, default=0.001, help="chance of each byte")
    parser.add_argument("--drop", type=float, default=0.005, help="chance of each piece; doubling")
    parser.add_argument("--pause", type=float, default=4.0, help="mean seconds between kills")
    parser.add_argument("--json", type=Path, metavar="FILE")
    given = parser.parse_args(words)
    faults = Faults(given.damage, given.drop, given.drop, delay=0.02, split=0.05, merge=0.05)
    result = soak(given.board, given.seconds, given.seed, faults, given.pause)
    for field, value in asdict(result).items():
        print(f"{field:20} {value}")
    if given.json:
        given.json.parent.mkdir(parents=True, exist_ok=True)
        given.json.write_text(json.dumps({"board": given.board, **asdict(result)}, indent=2))
    return 0 if result.clean else 1


if __name__ == "__main__":
    sys.exit(main())
