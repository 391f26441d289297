"""The page hears as a board does: words of the microphone, and of files."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
from helpers.page import SOUNDS, Person, write_sounds

from tinycl.data.wav import read_wav

Make = Callable[..., Person]


def test_two_sounds_of_the_microphone(person: Make, url: str, tmp_path: Path) -> None:
    one = person()
    one.visit(url)
    one.find("model").select_option("speech")
    one.settled()
    assert one.find("source-draw").is_disabled()
    assert one.find("source-microphone").get_attribute("aria-pressed") == "true"
    places = {name: one.add_class(name) for name in SOUNDS}
    one.find("class-name").nth(1).press("Enter")  # keys are of the page again
    before = ""
    while one.find("tile").count() < 4:
        now = one.sound()
        if now not in ("", before):
            one.page.keyboard.press(str(places[now] + 1))
            before = now
    for name in SOUNDS:
        one.shows("predict", name)
    one.find("source-files").click()
    write_sounds(tmp_path / "low.wav")
    one.find("file").set_input_files(tmp_path / "low.wav")
    one.shows("learned", "5 samples")
    assert one.settled() == one.simulated(tmp_path)
    with (tmp_path / "taught" / "stream.csv").open() as stream:
        for row in csv.DictReader(stream):
            samples, rate = read_wav(tmp_path / "taught" / row["file"])
            assert rate == 16000 and len(samples) == 16000
            assert np.abs(samples).max() > 5000
