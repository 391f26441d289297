"""A person teaches the board in the page, and takes away what repeats the run."""

from __future__ import annotations

import re
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import numpy as np
from helpers.page import DIGITS, SCENES, Person
from PIL import Image
from tinycl_rt.kernels.numpy import core as numpy_kernels
from tinycl_rt.learner import Learner
from tinycl_rt.model.loader import Model

from tinycl.data import load
from tinycl.zoo import catalogue

Make = Callable[..., Person]


def test_three_digits_over_a_reload_are_what_the_simulator_learns(
    person: Make, url: str, tmp_path: Path
) -> None:
    one = person(viewport={"width": 1280, "height": 900})
    one.visit(url)
    assert "native" in one.page.locator("#board").inner_text()
    fresh = one.settled()
    for name in ("one", "seven"):
        one.teach(one.add_class(name), name, 6)
    one.page.reload()  # at once: the board may not have learned all of it
    one.settled()
    one.teach(one.add_class("four"), "four", 6)
    fingerprint = one.settled()
    assert one.learned() == 15 and one.find("tile").count() == 18  # of each class one set aside
    assert fingerprint != fresh
    for name, strokes in DIGITS.items():
        one.draw(strokes, 0.015)
        one.shows("predict", name)
    assert one.find("confidence").inner_text().endswith("%")
    assert one.find("accuracy").inner_text() == "100.0 %"
    assert one.simulated(tmp_path) == fingerprint
    learner = Learner(Model(catalogue.model("grey")), kernels=numpy_kernels)
    learner.restore(one.download("download-state", tmp_path).read_bytes())
    assert f"{learner.fingerprint():08x}" == fingerprint
    assert learner.names[:3] == list(DIGITS)


def test_changes_of_the_past_are_what_a_fresh_board_learns(
    person: Make, url: str, tmp_path: Path
) -> None:
    one = person(viewport={"width": 360, "height": 740})
    one.visit(url)
    for name in DIGITS:
        one.teach(one.add_class(name), name, 3)
    one.find("class-remove").nth(1).click()
    one.find("class-name").nth(0).fill("eins, 1")
    one.find("class-name").nth(0).press("Enter")
    one.find("undo").click()
    assert one.settled() == one.simulated(tmp_path)
    assert one.learned() == 5
    one.draw(DIGITS["one"])
    one.shows("predict", "eins, 1")
    one.find("tile").nth(0).click()
    for width, colours in ((360, "light"), (1280, "dark")):
        one.page.set_viewport_size({"width": width, "height": 740})
        one.page.emulate_media(color_scheme=colours)
        assert one.page.evaluate("document.documentElement.scrollWidth") == width
        assert one.barriers() == []


def test_a_second_tab_leaves_the_board_to_the_first(person: Make, url: str) -> None:
    one = person()
    one.visit(url)
    other = Person(one.page.context.new_page())
    other.page.goto(url)
    other.shows("trouble", re.compile("open in another tab"))
    one.page.close()
    other.page.reload()
    other.settled()
    assert other.find("trouble").is_hidden()


def test_a_model_that_is_none_costs_a_sentence(person: Make, url: str, tmp_path: Path) -> None:
    one = person()
    one.visit(url)
    before = one.settled()
    whole = catalogue.model("grey")
    rest = b"\xff" * 400  # whole by its fingerprint, but no network
    forged = whole[:16] + sha256(rest).digest()[:8] + rest
    for name, data in (("garbage", bytes(500)), ("half", whole[:16000]), ("forged", forged)):
        file = tmp_path / f"{name}.tcm"
        file.write_bytes(data)
        one.find("model-file").set_input_files(file)
        one.shows("trouble", re.compile(rf"{name}\.tcm (is not|cannot be used: )"))
        assert one.settled() == before
    assert one.find("model").input_value() == "grey"

    # A learned state that is whole is gone on with; the rest changes nothing.
    one.teach(one.add_class("one"), "one", 2)
    taught = one.settled()
    state = one.download("download-state", tmp_path).read_bytes()
    for name, data in (("half.tcs", state[: len(state) // 2]), ("none.tcs", bytes(900))):
        (tmp_path / name).write_bytes(data)
        one.find("model-file").set_input_files(tmp_path / name)
        one.shows("trouble", re.compile(f"{name} is no learned state .* or is not whole"))
        assert one.settled() == taught
    one.page.once("dialog", lambda dialog: dialog.accept())
    one.find("forget").click()
    assert one.settled() == before
    (tmp_path / "whole.tcs").write_bytes(state)
    one.find("model-file").set_input_files(tmp_path / "whole.tcs")
    one.shows("learned", "2 samples")
    assert one.settled() == taught and one.find("trouble").is_hidden()
    one.find("draw").press("ArrowDown")
    for _ in range(8):
        one.page.keyboard.press("ArrowDown")
    one.shows("predict", "one")
    one.page.keyboard.press("1")
    one.shows("learned", "3 samples")


def test_three_scenes_of_the_camera(person: Make, url: str, tmp_path: Path) -> None:
    one = person()
    one.visit(url)
    one.find("model").select_option("colour-s")
    one.settled()
    one.find("source-camera").click()
    places = {name: one.add_class(name) for name in SCENES}
    before = one.scene()
    while one.find("tile").count() < 6:
        now = one.scene()
        if now != before:  # a scene has begun: it stays for a while
            one.find("sample-add").nth(places[now]).click()
            one.find("sample-add").nth(places[now]).click()
        before = now
    for name in SCENES:
        one.shows("predict", name)
    one.find("source-draw").click()
    assert one.settled() == one.simulated(tmp_path)


# A phone that is shaken as strongly as the page's script says, in g.
SENSOR = """
globalThis.shake = 0;
let side = 1;
setInterval(() => {
  side = -side;
  const accelerationIncludingGravity = { x: 9.81 * side * shake, y: 0, z: 9.81 };
  dispatchEvent(new DeviceMotionEvent("devicemotion", { accelerationIncludingGravity }));
}, 60);
"""


def test_a_phone_is_shaken(person: Make, url: str, tmp_path: Path) -> None:
    one = person()
    one.visit(url)
    one.page.evaluate(SENSOR)
    one.find("model").select_option("motion")
    one.settled()
    assert one.find("source-motion").get_attribute("aria-pressed") == "true"
    for strength, name in ((0, "lies"), (1.5, "is shaken")):
        one.page.evaluate(f"shake = {strength}")
        place = one.add_class(name)
        one.page.wait_for_timeout(3000)  # a window lasts 2.56 s
        for _ in range(2):
            one.find("sample-add").nth(place).click()
        one.settled()
        one.shows("predict", name)
    one.page.evaluate("shake = 0")
    one.shows("predict", "lies")
    assert one.settled() == one.simulated(tmp_path)

    # Rows of a file, and pictures, into the same board.
    for _ in range(2):
        one.find("class-remove").nth(0).click()
    one.find("source-files").click()
    motions = load("motions")
    for label, name in enumerate(motions.class_names[:2]):
        windows = motions.x_train[motions.y_train == label][:6].reshape(6, -1)
        np.savetxt(tmp_path / f"{label}.csv", windows, "%d", ",")
        one.add_class(name)
        one.find("file").set_input_files(tmp_path / f"{label}.csv")
        one.shows("learned", f"{5 * label + 5} samples")
    Image.fromarray(motions.x_train[0]).save(tmp_path / "0.png")
    one.find("file").set_input_files([tmp_path / "0.png", tmp_path / "1.csv"])
    one.shows("learned", "16 samples")
    assert one.settled() == one.simulated(tmp_path)
    (tmp_path / "short.csv").write_text("1,2,3\n")
    one.find("file").set_input_files(tmp_path / "short.csv")
    one.shows("trouble", "short.csv, line 1: expected 384 numbers from 0 to 255.")
