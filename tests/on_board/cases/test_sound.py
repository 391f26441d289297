"""The sound front end: every kernel set that is here gives the reference's frames."""

import gc
import unittest
from array import array

from test_tail import Agreement, allocate_at_most, refuse_short_buffers
from test_viper import STRICT, Numbers
from tinycl_rt.kernels.reference import sound as ref
from tinycl_rt.listener import Listener
from tinycl_rt.sound import HOP, WINDOW, LogMel, bands, sine


def present():
    """The sets that load beside the reference."""
    found = []
    for name in ("viper", "native"):
        try:
            found.append(LogMel(kernels=name)._kernels)
        except ValueError as reason:
            print(reason)
    return found


SETS = present()
with_sets = unittest.skipUnless(SETS, "needs viper or a native module")
with_sets_or_strict = unittest.skipUnless(SETS or STRICT, "needs two sets, or CircuitPython")


def samples(r, count):
    """Noise and a tone of any loudness."""
    level, step = 1 << r.below(15), r.below(512)
    x = array("h", bytes(2 * count))
    table = sine()
    for i in range(count):
        tone = level * table[i * step % 385] >> 14
        x[i] = max(-32768, min(32767, tone + r.between(-level, level)))
    return x


def calls():
    """Good arguments of every kernel, and which of them are buffers that are measured."""
    ring, rows = array("h", bytes(1024)), bytearray(120)
    return {
        "fill": ((ring, 500, array("h", bytes(60)), 10, 20), (0, 2)),
        "log_mel": ((ring, 5, sine(), bands(), array("i", bytes(2048)), rows, 2), (0, 2, 3, 4, 5)),
        "level": ((rows, 1, 3, bytearray(120)), (0, 3)),
    }


@with_sets_or_strict
class TestSound(Agreement):
    every = [ref] + SETS  # noqa: RUF005

    def test_log_mel(self):
        for seed in range(6):
            r = Numbers(seed)
            ring = samples(r, 512)
            for i in range(512 if seed == 4 else 0):
                ring[i] = r.one_of((-32768, 32767))
            for i in range(512 if seed == 5 else 0):
                ring[i] = 0
            work, out = array("i", bytes(2048)), bytearray(120)
            arguments = (ring, r.below(512), sine(), bands(), work, out, r.below(3))
            self.agree("log_mel", arguments, (5,), seed)

    def test_fill(self):
        for seed in range(9):
            r = Numbers(seed)
            count, first = r.below(513), r.below(9)
            x, ring = samples(r, first + count), array("h", bytes(1024))
            self.agree("fill", (ring, r.below(512), x, first, count), (0,), seed)

    def test_level(self):
        for seed in range(9):
            r = Numbers(seed)
            count = r.between(1, 20)
            rows = r.bytes(40 * count)
            self.agree("level", (rows, r.below(count), count, bytearray(40 * count)), (3,), seed)

    def test_streams(self):
        r = Numbers(3)
        x = samples(r, WINDOW + 2 * HOP)
        wanted = LogMel(3, "reference").feed(x)
        self.assertEqual(len(wanted), 120)
        for k in SETS:
            mel = LogMel(3, k.NAME)
            self.assertEqual(mel.feed(x[:100]) + mel.feed(x[100:]), wanted)


@with_sets
class TestSoundChecks(unittest.TestCase):
    def test_short_buffers(self):
        refuse_short_buffers(self, SETS, calls())

    def test_a_call_allocates_next_to_nothing(self):
        for k in SETS:
            allocate_at_most(self, k, calls(), 128 if k.NAME == "native" else 256)

    def test_a_frame_allocates_nothing(self):
        for k in SETS:
            mel = LogMel(4, k.NAME)
            x = array("h", bytes(2 * HOP))
            mel.write(x)
            mel.write(x)
            gc.collect()
            gc.disable()
            before = gc.mem_alloc()
            for _ in range(20):
                mel.write(x)
            used = gc.mem_alloc() - before
            gc.enable()
            self.assertLessEqual(used, 0, k.NAME)

    def test_what_it_takes_of_the_heap(self):
        gc.collect()
        before = gc.mem_alloc()
        mel = LogMel()
        gc.collect()
        self.assertLessEqual(gc.mem_alloc() - before, 8192, mel)


class Tones:
    """A learner that tells high sounds from low ones."""

    names = ("low", "high")
    known = True
    confidence = 200
    input_shape = (49, 40, 1)

    def __init__(self):
        self.model = self
        self.heard = [None] * 4
        self.count = 0

    def predict(self, pixels):
        loudest = 0
        for i in range(24 * 40, 25 * 40):
            if pixels[i] > pixels[loudest]:
                loudest = i
        return int(loudest % 40 > 10)

    def hear(self, name, confidence):
        self.heard[self.count % 4] = name
        self.count += 1


def hop(r, half=0):
    """20 ms of noise; louder, a square wave with so many samples up and as many down."""
    x = array("h", bytes(2 * HOP))
    for i in range(HOP):
        x[i] = r.between(-20, 20) + (8000 if half and i // half & 1 else 0)
    return x


@with_sets
class TestListener(unittest.TestCase):
    def test_words_are_heard_and_nothing_is_allocated(self):
        r = Numbers(1)
        quiet = hop(r), 25
        plan = quiet, (hop(r, 32), 20), quiet, quiet, (hop(r, 4), 20), quiet
        for k in SETS:
            learner = Tones()
            listener = Listener(learner, learner.hear, kernels=k.NAME)
            for _ in range(2):
                gc.collect()
                gc.disable()
                before = gc.mem_alloc()
                for sound, frames in plan:
                    for _ in range(frames):
                        listener.feed(sound)
                used = gc.mem_alloc() - before
                gc.enable()
            self.assertEqual((learner.count, learner.heard), (4, ["low", "high"] * 2))
            self.assertLessEqual(used, 0, k.NAME)


if __name__ == "__main__":
    unittest.main()
