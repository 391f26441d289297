"""What the sound front end costs a board, and which boards get it."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.boards import run_on

from tinycl.packing.pack import pack
from tinycl.packing.parts import PROFILES
from tinycl.packing.sources import is_sound

MOST_INSTRUCTIONS = 450_000  # a frame: native kernels, Python around them, and the listener
COUNT = """
import tinyclboard
from array import array
from tinycl_rt.listener import Listener
from tinycl_rt.sound import LogMel

mel = LogMel()
listener = Listener(None, None)
samples = array("h", bytes(640))
for i in range(320):
    samples[i] = (i * 7919 * i) % 20000 - 10000
mel.write(samples)
listener.feed(samples)
listener.feed(samples)
mel.write(samples)
counts = tinyclboard.count(mel.write, samples), tinyclboard.count(listener.feed, samples)
print(mel._kernels.NAME, *counts)
"""


def test_a_frame_takes_few_instructions(tmp_path: Path) -> None:
    name, *counts = run_on("cortex-m3", tmp_path, {}, COUNT).split()
    front_end, listening = map(int, counts)
    assert name == "native" and front_end < listening <= MOST_INSTRUCTIONS


@pytest.mark.parametrize("profile", PROFILES)
def test_boards_get_it_when_they_are_asked_to(profile: str) -> None:
    without, those = pack(profile), pack(profile, sound=True)
    more = set(those) - set(without)
    assert {"_sound.py", "sound.py", "kernels/reference/sound.py"} <= more
    assert all(is_sound(name) for name in more)
    sizes = [sum(len(files[name]) for name in without) for files in (without, those)]
    assert sizes[1] < 1.01 * sizes[0]  # other names, perhaps
