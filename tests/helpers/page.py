"""What the tests of the page share: its server as a user starts it, and a person in Chromium."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import wave
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from tinycl_rt.sound import RATE

from helpers.boards import absent
from helpers.command import tinycl
from tinycl.exceptions import TinyclError
from tinycl.page.site import check_built
from tools.page.fetch import AXE, fetch

Points = Sequence[tuple[float, float]]

# Strokes on a canvas of 1 x 1.
DIGITS: dict[str, list[Points]] = {
    "one": [[(0.5, 0.15), (0.5, 0.85)]],
    "seven": [[(0.2, 0.2), (0.8, 0.2), (0.4, 0.85)]],
    "four": [[(0.65, 0.15), (0.2, 0.6), (0.85, 0.6)], [(0.65, 0.35), (0.65, 0.9)]],
}
_SETTLED = re.compile("[0-9a-f]{8}")
_PATIENCE = 30_000  # ms

SCENES = ("red", "green", "blue")
_SECONDS = 3  # of a scene
_RATE = 10  # frames a second

SOUNDS = ("low", "high")
_SECONDS_HEARD = 2  # of a sound


def write_film(file: Path) -> None:
    """Scenes of one colour each, with stripes of their own, as an uncompressed film."""
    side = 64
    y, x = np.mgrid[:side, :side]
    parts = [b"YUV4MPEG2 W%d H%d F%d:1 Ip A1:1 C420jpeg\n" % (side, side, _RATE)]
    for stripes, u, v in ((x, 90, 240), (y, 54, 34), (x + y, 240, 110)):
        light = np.where(stripes // 8 % 2, 150, 60).astype(np.uint8).tobytes()
        chroma = bytes((u,)) * (side // 2) ** 2 + bytes((v,)) * (side // 2) ** 2
        parts += [b"FRAME\n", light, chroma] * (_SECONDS * _RATE)
    file.write_bytes(b"".join(parts))


def write_sounds(file: Path) -> None:
    """Two sounds, a low and a high one, one after the other."""
    t = np.arange(_SECONDS_HEARD * RATE) / RATE
    low, high = (
        (0.4 + 0.2 * np.sin(8 * np.pi * t)) * np.sin(2 * np.pi * f * t) for f in (400, 3000)
    )
    with wave.open(str(file), "wb") as out:
        out.setparams((1, 2, RATE, 0, "NONE", ""))
        out.writeframes((np.concatenate([low, high]) * 16000).astype("<i2").tobytes())


def chromium() -> str:
    """The browser's path; without one, or without the built page, the test is skipped."""
    found = shutil.which("chromium")
    if not found:
        absent("no chromium: run tools/boards/setup.sh --browser")
    try:
        check_built()
    except TinyclError as error:
        absent(str(error))
    assert found
    return found


@contextmanager
def serving(*words: object) -> Iterator[str]:
    """``tinycl page`` on a free port; its address."""
    with started(*words) as (url, _):
        yield url


@contextmanager
def started(*words: object) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """``tinycl page`` on a free port: its address, and its process."""
    command = [str(Path(sys.executable).with_name("tinycl")), "page", "--no-open", "--port", "0"]
    process = subprocess.Popen([*command, *map(str, words)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        yield process.stdout.readline().strip(), process
    finally:
        process.terminate()
        process.wait(10)


class Person:
    """Somebody in front of the page.

    Parameters
    ----------
    page
        Of Playwright.
    """

    def __init__(self, page: Any) -> None:
        self.page = page
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda m: m.type == "error" and self.errors.append(m.text))

    def find(self, name: str) -> Any:
        """The parts of the page with a test id."""
        return self.page.get_by_test_id(name)

    def visit(self, url: str) -> None:
        """Load the page and wait for its board."""
        self.page.goto(url)
        self.settled()

    def settled(self) -> str:
        """Wait until the board has learned everything; its fingerprint."""
        self.shows("fingerprint", _SETTLED)
        return str(self.find("fingerprint").inner_text())

    def add_class(self, name: str) -> int:
        """Add a class; returns its place."""
        place = int(self.find("class-name").count())
        self.find("class-add").click()
        self.find("class-name").nth(place).fill(name)
        return place

    def names(self) -> list[str]:
        """Names of the classes."""
        return [field.input_value() for field in self.find("class-name").all()]

    def rename(self, place: int, name: str) -> None:
        """Give a class another name."""
        self.find("class-name").nth(place).fill(name)
        self.find("class-name").nth(place).press("Enter")

    def draw(self, strokes: Sequence[Points], shift: float = 0) -> None:
        """Draw on an empty canvas."""
        self.find("clear").click()
        self.find("draw").scroll_into_view_if_needed()
        box = self.find("draw").bounding_box()
        mouse = self.page.mouse
        for stroke in strokes:
            at = [
                (box["x"] + (x + shift) * box["width"], box["y"] + y * box["height"])
                for x, y in stroke
            ]
            mouse.move(*at[0])
            mouse.down()
            for x, y in at[1:]:
                mouse.move(x, y, steps=4)
            mouse.up()

    def teach(self, place: int, name: str, times: int) -> None:
        """Draw a digit some times, and add it to a class."""
        for i in range(times):
            self.draw(DIGITS[name], 0.02 * i - 0.04)
            self.find("sample-add").nth(place).click()

    def shows(self, name: str, text: str | re.Pattern[str]) -> None:
        """Wait until a part of the page has a text."""
        from playwright.sync_api import expect

        expect(self.find(name)).to_have_text(text, timeout=_PATIENCE)

    def board_is(self, pattern: str) -> None:
        """Wait until the page is with a board whose platform fits."""
        self.shows("board", re.compile(f"({pattern}).*kernels"))

    def scene(self) -> str:
        """Colour of the sample that the network sees now; "" before there is one."""
        self.page.wait_for_timeout(80)
        pixels = self.find("seen").evaluate(
            "c => [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data]"
        )
        sums = [sum(pixels[channel::4]) for channel in range(3)]
        return SCENES[sums.index(max(sums))] if any(sums) else ""

    def sound(self) -> str:
        """Which sound the network sees now; "" where it sees both or none."""
        self.page.wait_for_timeout(80)
        loud = self.find("seen").evaluate(
            "c => { const { data } = c.getContext('2d').getImageData(0, 0, c.width, c.height);"
            " return [...Array(c.height).keys()].map((y) =>"
            "  data[4 * (y * c.width + 4)] > 80 && data[4 * (y * c.width + c.width - 4)] > 80); }"
        )
        heard = [any(loud[len(loud) // 2 :]), any(loud[: len(loud) // 2])]
        return SOUNDS[heard.index(True)] if sum(heard) == 1 else ""

    def barriers(self) -> list[str]:
        """What keeps people from using the page by keyboard or screen reader, as axe finds it."""
        self.page.evaluate((fetch(AXE) / "axe.min.js").read_text())
        found = self.page.evaluate("axe.run()")["violations"]
        return [f"{one['help']}: {[node['target'] for node in one['nodes']]}" for one in found]

    def learned(self) -> int:
        """Samples that the board has learned."""
        return int(re.sub(r"\D", "", self.find("learned").inner_text()))

    def download(self, name: str, folder: Path) -> Path:
        """What a button brings."""
        with self.page.expect_download() as found:
            self.find(name).click()
        target = folder / str(found.value.suggested_filename)
        found.value.save_as(target)
        return target

    def simulated(self, folder: Path) -> str:
        """The fingerprint of ``tinycl simulate`` by the page's own data set and command."""
        with zipfile.ZipFile(self.download("download-data", folder)) as archive:
            archive.extractall(folder)
        command = (folder / "command.txt").read_text().split()
        assert command == self.find("command").inner_text().split()
        ran = tinycl(*command[1:], "--json", "result.json", cwd=folder)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        (run,) = json.loads((folder / "result.json").read_text())["runs"]
        return str(run["state_fingerprint"])
