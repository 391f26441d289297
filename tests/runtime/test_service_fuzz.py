"""Whatever comes over the wire: no crash, and never a sample learned from a damaged frame."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import tempfile
from pathlib import Path
from typing import ClassVar

import pytest
from helpers import wire
from helpers.boards import built
from helpers.link import CONFIG, flash_with, hand_made_model, samples
from helpers.paths import RUNTIME
from helpers.service import Bench, correction, learn
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from tinycl_rt.learner import Learner
from tinycl_rt.link import protocol as p
from tinycl_rt.link.frames import encode
from tinycl_rt.model.loader import Model

from tinycl.link.messages import Refused

MODEL = hand_made_model()
IMAGES, LABELS = samples(30)
PIXELS = [image.tobytes() for image in IMAGES]
# What changes nothing or comes to nothing when its payload is random; RESET, PUT_COMMIT and END
# would need numbers that random bytes do not hit, and are covered by the rules.
CODES = st.sampled_from([*range(0, 19), 99, 255])


class WireMachine(RuleBasedStateMachine):
    """A host that does everything wrong, beside a learner that gets each sample once."""

    trace: ClassVar[list[str]] = []  # what was done, for ``helpers.wire.replay``

    @initialize()
    def start(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        flash_with(MODEL, Path(self.folder.name))
        self.power_up("new")
        self.twin = Learner(Model(MODEL), CONFIG)
        reset = bytes(10) + CONFIG.pack()
        self.bench.ask(p.RESET, reset)
        self.bench.begin(0, (0, 1, 2, 3))
        self.twin.begin(0, (0, 1, 2, 3))

    def power_up(self, word: str) -> None:
        self.bench = Bench(Path(self.folder.name), max_payload=256)
        self.trace.append(word)
        feed = self.bench.feed

        def recorded(data: bytes) -> list[tuple[int, int, int, bytes]]:
            self.trace.append(f"feed {data.hex()}")
            return feed(data)

        self.bench.feed = recorded  # type: ignore[method-assign]

    @rule(ahead=st.integers(-3, 3), times=st.integers(1, 3))
    def send_a_sample(self, ahead: int, times: int) -> None:
        """The next one, one too early, one again; each frame up to three times."""
        i = min(max(self.twin.position + ahead, 0), len(PIXELS) - 1)
        self.bench.seq = (self.bench.seq + 1) & 0xFFFF
        payload = learn(self.twin.experience, i, PIXELS[i], int(LABELS[i]))
        replies = self.bench.feed(encode(p.LEARN, 0, self.bench.seq, payload) * times)
        assert len(replies) == times
        if i == self.twin.position:
            self.twin.learn(PIXELS[i], int(LABELS[i]))

    @rule(at=st.integers(0, 10_000), flip=st.integers(1, 255))
    def send_a_damaged_sample(self, at: int, flip: int) -> None:
        i = min(self.twin.position, len(PIXELS) - 1)
        frame = bytearray(encode(p.LEARN, 0, 1, learn(self.twin.experience, i, PIXELS[i], 0)))
        frame[at % len(frame)] ^= flip
        assert self.bench.feed(bytes(frame) + bytes(300)) == []  # zeros: nothing is left half

    @rule(data=st.binary(max_size=400))
    def send_garbage(self, data: bytes) -> None:
        self.bench.feed(data + bytes(300))

    @rule(code=CODES, flags=st.integers(0, 14), seq=st.integers(0, 65535), data=st.binary())
    def send_a_random_request(self, code: int, flags: int, seq: int, data: bytes) -> None:
        if code in (p.BYE, p.END, p.BEGIN) and len(data) < 11:
            data = b"\xff" * 11  # not the one number that is right
        if code in (p.FORGET, p.RENAME):
            data = b"\xff" + data
        replies = self.bench.feed(encode(code, flags & ~1, seq, data[:256]))
        assert [r[2] for r in replies] == [seq]

    @rule()
    def restart(self) -> None:
        """The power goes right after a save."""
        self.bench.ask(p.SAVE)
        self.power_up("restart")

    @rule()
    def end_and_begin(self) -> None:
        if self.twin.position < 5:
            return
        self.bench.end(self.twin.experience, self.twin.position)
        self.twin.end()
        self.bench.begin(self.twin.experience, (1, 2))
        self.twin.begin(self.twin.experience, (1, 2))

    @rule(ahead=st.integers(-1, 1), label=st.integers(0, 3), name=st.sampled_from(["", *"abc"]))
    def correct(self, ahead: int, label: int, name: str) -> None:
        """Forget a class, or give it a name: the next correction, one too early, one again."""
        number = max(self.twin.corrections + ahead, 0)
        payload = correction(number, label, self.twin.names[label], name)
        code = p.RENAME if name else p.FORGET
        replies = self.bench.feed(encode(code, 0, 1, payload) * 2)
        assert len(replies) == 2
        known = set(self.twin.names) - {self.twin.names[label]}  # a class may be renamed as it is
        if number == self.twin.corrections and name and name not in known:
            self.twin.rename(label, name)
        elif number == self.twin.corrections and not name:
            self.twin.forget(label)

    @rule()
    def predict(self) -> None:
        answer = self.bench.ask(p.PREDICT, b"\0\0" + PIXELS[0])
        assert answer[0] == self.twin.predict(PIXELS[0])

    @rule(offset=st.integers(0, 90), most=st.integers(0, 90))
    def run_without_learning(self, offset: int, most: int) -> None:
        """Outputs have 100 packed bytes and 32 features."""
        whole = bytes(self.twin.backbone.run(PIXELS[1]))
        self.twin.backbone.count(whole, self.twin.head.x)
        whole += bytes(self.twin.head.x)
        head = struct.pack(p.LATENTS_REQUEST, offset, most, 0, 0)
        answer = self.bench.ask(p.LATENTS, head + PIXELS[1])
        assert answer[:8] == struct.pack(p.LATENTS_REPLY, len(whole), offset)
        assert answer[8:] == whole[offset : offset + most if most else None]

    @rule()
    def ask_with_wrong_size(self) -> None:
        try:
            self.bench.ask(p.PREDICT, b"\0\0" + PIXELS[0][:-1])
        except Refused as refused:
            assert refused.code == p.BAD_VALUE
        else:
            raise AssertionError("an image that is too short was taken")

    @invariant()
    def board_and_twin_are_equal(self) -> None:
        assert self.bench.info().state == self.twin.fingerprint()
        self.trace.append(f"state {self.twin.fingerprint()}")

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.folder.cleanup()


TestWire = WireMachine.TestCase
TestWire.settings = settings(max_examples=15, stateful_step_count=25, deadline=None)


def test_found_sequences_on_unix(tmp_path: Path) -> None:
    """The same bytes and restarts on MicroPython: the same states after each of them."""
    board = built("unix")
    WireMachine.trace.clear()
    few = settings(max_examples=10, stateful_step_count=25, deadline=None, database=None)
    run_state_machine_as_test(WireMachine, settings=few)  # type: ignore[no-untyped-call]
    states = sum(line.startswith("state") for line in WireMachine.trace)
    sequences = WireMachine.trace.count("new")
    (tmp_path / "trace").write_text("\n".join(WireMachine.trace))
    (tmp_path / "model.tcm").write_bytes(MODEL)
    code = f"import wire; wire.replay({str(tmp_path / 'model.tcm')!r}, 'trace', '.')"
    said = on_unix(board.command(), code, tmp_path)
    assert said == f"{sequences} sequences, {states} states\n"


def on_unix(command: list[str], code: str, folder: Path) -> str:
    place = f"{RUNTIME.parent}:{Path(str(wire.__file__)).parent}"
    ran = subprocess.run(
        [*command, "-c", code],
        cwd=folder,
        env={**os.environ, "MICROPYPATH": place},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.mark.parametrize(("name", "count"), [("unix", 10_000), ("cortex-m3", 10_000)])
def test_memory_does_not_grow(name: str, count: int, tmp_path: Path) -> None:
    board = built(name)
    config = bytes(CONFIG.pack())
    if not board.emulator:
        flash_with(MODEL, tmp_path)
        said = on_unix(
            board.command(), f"import wire; wire.flood('.', {count}, {config!r})", tmp_path
        )
    else:
        from tools.boards.session import Session
        from tools.boards.staging import stage

        rom = tmp_path / "rom"
        stage([RUNTIME, Path(str(wire.__file__))], rom, board)
        (rom / "model.tcm").write_bytes(MODEL)
        with Session(board, tmp_path, rom) as session:
            session.run("import sys; sys.path.append('/rom'); import wire")
            said = session.run(f"wire.flood('/', {count}, {config!r})", timeout=600)
    learned, used = said.strip().split(" ", 1)
    heap = json.loads(used)
    assert learned == "True" and len(heap) == count // 500
    assert max(heap) - min(heap) < 1024, heap
