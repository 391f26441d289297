"""The examples of firmware/examples, as they are, with a recorded accelerometer and buttons."""

import builtins
import gc
import os
import sys
import unittest
from array import array

import recording
from tinycl_rt.config import Config
from tinycl_rt.learner import Learner
from tinycl_rt.lib.files import remove

REST, SHAKE = 14, 15
TAUGHT = [("rest", REST)] * 4 + [("rest", None)] + [("shake", SHAKE)] * 4 + [("shake", None)]
SEEN = [("rest", None), ("shake", None), ("rest", None)]
NAMES = ["rest", "shake", "rest"]
RED, GREEN = (40, 0, 0), (0, 40, 0)


def read(name):
    """A file that was brought along."""
    for folder in sys.path:
        try:
            with open(folder + "/" + name if folder else name, "rb") as file:
                return file.read()
        except OSError:
            pass
    raise OSError(2, name)


def write(name, data):
    with open(name, "wb") as file:
        file.write(data)


def run(name, entries):
    """Run an example until the recording is over; what it printed."""
    said = []
    recording.play(entries)
    keep, builtins.print = builtins.print, lambda *words: said.append(" ".join(map(str, words)))
    try:
        __import__(name)
    except KeyboardInterrupt:
        pass
    finally:
        builtins.print = keep
        if name in sys.modules:
            del sys.modules[name]
        gc.collect()
    return said


class TestExamples(unittest.TestCase):
    def setUp(self):
        write("model.tcm", read("gestures.tcm"))
        for name in "state.0", "state.1":
            remove(name)

    def test_learn_button(self):
        self.assertEqual(run("learn_button", TAUGHT + SEEN), NAMES)

    def test_save_restore_predict_and_show(self):
        said = run("save_restore", TAUGHT)
        self.assertEqual(said, ["0 samples learned so far", "saved", "saved"])
        self.assertEqual(run("predict", SEEN), NAMES)
        self.assertEqual(run("save_restore", TAUGHT)[0], "8 samples learned so far")
        run("show_class", SEEN)
        self.assertEqual(recording.shown, [RED, GREEN, RED])

    def test_without_a_model(self):
        os.remove("model.tcm")
        for name in "predict", "save_restore", "show_class":
            with self.assertRaises(Exception) as caught:
                run(name, SEEN)
            self.assertIn("model.tcm is missing", str(caught.exception))

    def test_thermal_camera(self):
        from sensors import ThermalCamera

        class Bus:
            def readfrom_mem_into(self, address, register, buffer):
                assert (address, register, len(buffer)) == (0x69, 0x80, 128)
                quarters = (64, 65, 100, 191, 192, 0x7FF, 0, 0xFFF)  # the last below 0
                for i in range(64):
                    buffer[2 * i] = quarters[i % 8] & 255
                    buffer[2 * i + 1] = quarters[i % 8] >> 8

        pixels = bytearray(64)
        ThermalCamera(Bus()).read(pixels)
        self.assertEqual(bytes(pixels[:8]), bytes((0, 2, 72, 254, 255, 255, 0, 0)))

    def test_motion_sensor(self):
        from sensors import MotionSensor

        class Bus:
            def __init__(self):
                self.written = {}

            def writeto_mem(self, address, register, data):
                self.written[register] = data

            def readfrom_mem_into(self, address, register, buffer):
                assert (address, register, len(buffer)) == (0x68, 0x3B, 14)
                for i, value in enumerate((-2, 0, 64, 99, 127, -128, 1)):
                    buffer[2 * i], buffer[2 * i + 1] = value & 255, 77

        bus, pixels = Bus(), bytearray(12)
        MotionSensor(bus).read(pixels)
        self.assertEqual(bytes(pixels), bytes((126, 128, 192, 255, 0, 129)) * 2)
        self.assertEqual(bus.written, {0x6B: b"\x00", 0x1B: b"\x10"})

    def test_microphone(self):
        """Frames of what a microphone hears are those of the samples that went in."""
        from microphone import microphone
        from tinycl_rt.sound import LogMel

        heard = array("h", [(i * i * 7919 + i * 55) % 65536 - 32768 for i in range(512)])
        recording.sounds[:] = list(heard)
        mel, wanted = LogMel(1, "reference"), LogMel(1, "reference")
        piece = array("h", bytes(256))
        for _ in range(4):
            microphone.read(piece)
            mel.write(piece)
        self.assertEqual(mel.rows, wanted.feed(heard))
        self.assertTrue(max(mel.rows) > 100)


class TestMistakes(unittest.TestCase):
    """What is read on a REPL."""

    def says(self, words, function, kind=ValueError):
        with self.assertRaises(kind) as caught:
            function()
        self.assertIn(words, str(caught.exception))

    def test_model_files(self):
        data = bytearray(read("gestures.tcm"))
        self.says("no model file none.tcm", lambda: Learner("none.tcm"), OSError)
        for at, words in (
            (0, "not a .tcm file"),
            (4, "this runtime reads 1: compile it anew, or update tinycl_rt"),
            (200, "the file is damaged: copy it again"),
        ):
            data[at] ^= 8
            write("wrong.tcm", data)
            self.says(words, lambda: Learner("wrong.tcm"))
            data[at] ^= 8
        write("wrong.tcm", data[:-9])
        self.says(f"bytes, file has {len(data) - 9}: copy it again", lambda: Learner("wrong.tcm"))
        os.remove("wrong.tcm")

    def test_samples_and_names(self):
        write("model.tcm", read("gestures.tcm"))
        learner = Learner("model.tcm", classes=2, replay_slots=4)
        pixels = bytes(48)
        self.says("expected 48 pixels (16 x 1 x 3), got 47", lambda: learner.predict(pixels[1:]))
        learner.learn(pixels, "cup")
        learner.learn(pixels, "jug")
        self.says(
            "'pan' has no place: make the learner with more", lambda: learner.learn(pixels, "pan")
        )
        self.says("no class is named 'pan'; there are: cup, jug", lambda: learner.index("pan"))
        self.says("between 0 and 1, got 2", lambda: learner.learn(pixels, 2))
        self.says("expected classes between 2 and 128, got 129", lambda: Config(classes=129))
        self.says("unknown setting clases", lambda: Config(clases=3))

    @unittest.skipUnless(hasattr(gc, "mem_free"), "needs a heap with an end")
    def test_too_little_heap(self):
        write("model.tcm", read("gestures.tcm"))
        words = "60000 replay slots of 32 bytes: too many"
        self.says(words, lambda: Learner("model.tcm", replay_slots=60000), MemoryError)


if __name__ == "__main__":
    unittest.main()
