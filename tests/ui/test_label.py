"""``tinycl label`` on real pseudo-terminals: keys in, a board that learned out."""

from __future__ import annotations

import io
import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pexpect
import pytest
from helpers.boards import built
from helpers.link import flash_with, hand_made_model
from PIL import Image
from tinycl_rt.learner import Learner
from tinycl_rt.model.loader import Model

from tinycl.boards import start
from tinycl.cli import main
from tinycl.data.capture import images, windows
from tinycl.exceptions import DataError
from tinycl.experiment.settings import ExperimentSettings
from tinycl.link import connect
from tinycl.link.teacher import check_names
from tinycl.ui.keys import Keys

PROGRAM = str(Path(sys.executable).with_name("tinycl"))
MODEL = hand_made_model(8, 1)
CONFIG = ExperimentSettings().config(10)
ENTER, SPACE, CTRL_C = "\r", " ", "\x03"


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Twelve pictures, in folders whose names say nothing, and something else."""
    rng = np.random.default_rng(1)
    for i in range(12):
        file = tmp_path / "photos" / ("odd" if i % 2 else "even") / f"{i:02d}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(0, 120, (8, 8), dtype=np.uint8)
        pixels[:, (i % 2) * 4 : (i % 2) * 4 + 4] += 130
        Image.fromarray(pixels).save(file)
    (tmp_path / "photos" / "notes.txt").write_text("no image")
    return tmp_path / "photos"


def _order(photos: Path) -> list[bytes]:
    return [np.asarray(Image.open(file)).tobytes() for file in sorted(photos.rglob("*.png"))]


class Sitting:
    """Someone at a terminal who presses a key when the screen has changed."""

    def __init__(self, *words: object, env: dict[str, str] | None = None) -> None:
        self.log = io.StringIO()
        self.child = pexpect.spawn(
            PROGRAM,
            ["label", *map(str, words)],
            env={**os.environ, "TERM": "xterm-256color", **(env or {})},
            dimensions=(24, 80),
            encoding="utf-8",
            codec_errors="replace",
            timeout=60,
            logfile=self.log,
        )

    def see(self, text: str) -> None:
        self.child.expect_exact(text)

    def press(self, key: str, then: str) -> None:
        self.child.send(key)
        self.see(then)

    def end(self, key: str, code: int = 0) -> str:
        self.child.send(key)
        self.child.expect(pexpect.EOF)
        self.child.close()
        assert self.child.exitstatus == code, self.log.getvalue()
        assert "Traceback" not in self.log.getvalue()
        return self.log.getvalue()


@contextmanager
def _sitting(*words: object, env: dict[str, str] | None = None) -> Iterator[Sitting]:
    sitting = Sitting(*words, env=env)
    try:
        yield sitting
    finally:
        sitting.child.close(force=True)


def _learner() -> Learner:
    return Learner(Model(MODEL), CONFIG)


@pytest.mark.parametrize("board", ["cpython", "unix"])
def test_what_is_taught_is_what_the_simulator_learns(
    board: str, photos: Path, tmp_path: Path
) -> None:
    if board != "cpython":
        built(board)
    (tmp_path / "m.tcm").write_bytes(MODEL)
    result = tmp_path / "taught.json"
    words = ("--model", tmp_path / "m.tcm", "--images", photos, "--board", board)
    with _sitting(*words, "--names", "left, right", "--json", result) as sitting:
        sitting.see("even/00.png, 1 of 12")
        sitting.see("no prediction yet")
        sitting.press(ENTER, "there is no prediction to accept")
        sitting.press("x", "no name has the key x")
        sitting.press("1", "2 of 12")
        sitting.press(ENTER, "3 of 12")  # all it knows is left
        sitting.press(SPACE, "4 of 12")
        sitting.press("2", "5 of 12")
        sitting.press("s", "saved")
        sitting.press("n", "new name: ")
        sitting.press("\x1b", "Enter accept")  # thought better of it
        sitting.press("n", "new name: ")
        sitting.press("spon", "spon▏")
        sitting.press("\x7f", "spo▏")
        sitting.press("on" + ENTER, "6 of 12")
        sitting.press("n", "new name: ")
        sitting.press("left" + ENTER, "left is there already")
        sitting.press("3", "7 of 12")
        sitting.press("1", "8 of 12")
        text = sitting.end("q")
    pixels = _order(photos)
    simulated = _learner()
    simulated.begin(0, (0, 1))
    simulated.name(0, "left")
    simulated.name(1, "right")
    assert simulated.predict(pixels[0]) == 0
    before = []

    def learn(i: int, label: int) -> None:
        guess = simulated.predict(pixels[i], True)
        if simulated.learned and simulated.names[guess]:
            before.append(guess == label)
        simulated.learn(pixels[i], label)

    for i, label in ((0, 0), (1, 0), (3, 1)):
        learn(i, label)
    guess = simulated.predict(pixels[4], True)
    before += [False] * bool(simulated.names[guess])  # a spoon is new to it
    simulated.end()
    simulated.begin(1, (2,))
    simulated.name(2, "spoon")
    simulated.learn(pixels[4], 2)
    for i, label in ((5, 2), (6, 0)):
        learn(i, label)
    simulated.end()
    found = json.loads(result.read_text())
    assert found["board_fingerprint"] == f"{simulated.fingerprint():08x}"
    assert found["taught"] == {"left": 3, "right": 1, "spoon": 2}
    assert (found["samples"], found["accepted"], found["skipped"]) == (6, 1, 1)
    assert found["predicted"] == len(before) >= 3
    assert found["accuracy_before_labels"] == sum(before) / len(before)
    assert found["names"] == ["left", "right", "spoon"] and found["learned"] == 6
    after = text.partition("\x1b[?1049l")[2]
    assert "6 samples taught: 3 left, 1 right, 2 spoon" in after


def test_interrupted_and_gone_on_with(photos: Path, tmp_path: Path) -> None:
    flash, pixels = flash_with(MODEL, tmp_path / "flash"), _order(photos)
    words = ("--images", photos, "--flash", flash)
    with _sitting(*words, "--names", "left,right") as sitting:
        sitting.see("1 of 12")
        sitting.press("1", "2 of 12")
        sitting.press("2", "3 of 12")
        text = sitting.end(CTRL_C, 130)
        assert "the board has learned 2 samples and saved them" in text
    simulated = _learner()
    simulated.begin(0, (0, 1))
    simulated.set_names(["left", "right"])
    simulated.learn(pixels[0], 0)
    simulated.learn(pixels[1], 1)
    simulated.end()
    with start("cpython", flash=flash) as board, connect(board.port) as client:
        assert client.info().state == simulated.fingerprint() and not client.info().is_open
    with _sitting(*words, "--classes", 4) as sitting:
        sitting.see("keeps its settings")
        sitting.end("", 1)
    with _sitting(*words) as sitting:  # names and settings are the board's now
        sitting.see("right")
        sitting.press("2", "2 of 12")
        sitting.end("q")
    simulated.begin(1)
    simulated.learn(pixels[0], 1)
    simulated.end()
    with start("cpython", flash=flash) as board, connect(board.port) as client:
        assert client.info().state == simulated.fingerprint()


def test_names_are_changed_and_forgotten(photos: Path, tmp_path: Path) -> None:
    flash, result = flash_with(MODEL, tmp_path / "flash"), tmp_path / "taught.json"
    words = ("--images", photos, "--flash", flash, "--json", result)
    with _sitting(*words, "--names", "left,right") as sitting:
        sitting.see("r rename · f forget")
        sitting.press("1", "2 of 12")
        sitting.press("2", "3 of 12")
        sitting.press("r", "rename which name? Press its key, or Esc")
        sitting.press("1", "new name: ")
        sitting.press("west" + ENTER, "renamed: left is west")
        sitting.press("r2", "new name: ")
        sitting.press("west" + ENTER, "west is there already")
        sitting.press("f", "forget which name? Press its key, or Esc")
        sitting.press("\x1b", "west")
        sitting.press("f2", "forgotten: right")
        sitting.press(ENTER, "4 of 12")  # all it knows is west
        sitting.press("n", "new name: ")
        sitting.press("east" + ENTER, "5 of 12")
        sitting.end("q")
    pixels, simulated = _order(photos), _learner()
    simulated.begin(0, (0, 1))
    simulated.set_names(["left", "right"])
    simulated.learn(pixels[0], 0)
    simulated.learn(pixels[1], 1)
    simulated.rename("left", "west")
    simulated.forget("right")
    simulated.learn(pixels[2], 0)
    simulated.end()
    simulated.learn(pixels[3], "east")
    assert simulated.names[:2] == ["west", "east"]
    simulated.end()
    found = json.loads(result.read_text())
    assert found["board_fingerprint"] == f"{simulated.fingerprint():08x}"
    assert found["taught"] == {"west": 2, "east": 1} and found["forgotten"] == ["right"]
    assert found["names"] == ["west", "east"] and found["learned"] == 4


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("board", ["cpython", "unix", "cortex-m3"])
def test_told_to_end(board: str, told: int, photos: Path, tmp_path: Path) -> None:
    """As by a terminal that is closed: what was taught is consolidated and saved."""
    if board != "cpython":
        built(board)
    (tmp_path / "m.tcm").write_bytes(MODEL)
    flash = tmp_path / "flash"
    words = ("--images", photos, "--flash", flash, "--board", board, "--names", "left,right")
    with _sitting("--model", tmp_path / "m.tcm", *words) as sitting:
        sitting.see("1 of 12")
        sitting.press("1", "2 of 12")
        sitting.child.kill(told)
        assert "the board has learned 1 samples and saved them" in sitting.end("", 130)
    with start(board, flash=flash) as machine, connect(machine.port) as client:
        assert client.hello().learned == 1 and not client.hello().is_open


def test_damaged_images_are_skipped(photos: Path, tmp_path: Path) -> None:
    files, result = sorted(photos.rglob("*.png")), tmp_path / "taught.json"
    for i, damaged in ((0, b""), (2, files[2].read_bytes()[:60]), (11, b"\x89PNG\r\n")):
        files[i].write_bytes(damaged)
    flash = flash_with(MODEL, tmp_path / "flash")
    words = ("--images", photos, "--flash", flash, "--names", "left,right", "--json", result)
    with _sitting(*words) as sitting:
        sitting.see("00.png cannot be read as an image")
        sitting.press("1", "04.png cannot be read as an image")
        for i in range(5, 12):
            sitting.press("2", f"{i} of 12")
        text = sitting.end("2")  # the last one that can be read
    said = text.partition("\x1b[?1049l")[2]
    assert said.count("skipped: ") == 3 and "9 samples taught: 1 left, 8 right" in said
    with start("cpython", flash=flash) as board, connect(board.port) as client:
        assert client.hello().learned == 9 and not client.hello().is_open


def test_a_board_that_loses_power_meanwhile(photos: Path, tmp_path: Path) -> None:
    pixels = _order(photos)
    simulated = _learner()
    simulated.begin(0, (0, 1))
    simulated.set_names(["left", "right"])
    with start("cpython", flash=flash_with(MODEL, tmp_path / "flash")) as board:
        words = ("--images", photos, "--port", board.port, "--names", "left,right")
        with _sitting(*words) as sitting:
            sitting.see("1 of 12")
            for i in range(6):
                if i in (2, 4):
                    board.restart()  # nothing of the experience was saved: all is sent again
                sitting.press(str(i % 2 + 1), f"{i + 2} of 12")
                simulated.learn(pixels[i], i % 2)
            sitting.end("q")
        simulated.end()
        with connect(board.port) as client:
            assert client.info().state == simulated.fingerprint()


_CV2 = """
import numpy as np
CAP_PROP_BUFFERSIZE = 38
class VideoCapture:
    def __init__(self, which):
        self.which, self.count = which, 0
    def isOpened(self):
        return self.which != 7
    def set(self, *_):
        pass
    def read(self):
        self.count += 1
        frame = np.zeros((48, 96, 3), np.uint8)
        frame[:, 24:48] = (255, 0, 0) if self.count % 2 else (0, 255, 0)
        return self.which != 8, frame
    def release(self):
        open("released", "w").close()
"""


def test_a_camera_goes_on_until_a_key_comes(tmp_path: Path) -> None:
    (tmp_path / "cv2.py").write_text(_CV2)
    (tmp_path / "m.tcm").write_bytes(MODEL)
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    result = tmp_path / "taught.json"
    words = ("--model", tmp_path / "m.tcm", "--names", "cup,spoon", "--json", result)
    os.chdir(tmp_path)
    with _sitting(*words, env={"PYTHONPATH": path}) as sitting:
        sitting.see("camera 0")
        sitting.press("1", "learned: cup")
        sitting.press("2", "learned: spoon")
        sitting.end("q")
    assert json.loads(result.read_text())["taught"] == {"cup": 1, "spoon": 1}
    assert (tmp_path / "released").exists()
    for camera, words_of_error in ((7, "camera 7 does not open"), (8, "gives no picture")):
        with _sitting(*words, "--camera", camera, env={"PYTHONPATH": path}) as sitting:
            sitting.see(words_of_error)
            sitting.end("", 1)
    (tmp_path / "cv2.py").write_text("raise ImportError('no such thing')")
    with _sitting(*words, env={"PYTHONPATH": path}) as sitting:
        sitting.see("a camera takes OpenCV: pip install 'tinycl[camera]'")
        sitting.end("", 1)


def test_pictures_are_cropped_to_the_middle_and_take_the_models_colours(tmp_path: Path) -> None:
    pixels = np.zeros((20, 60, 3), np.uint8)
    pixels[:, 20:40] = (10, 200, 30)
    Image.fromarray(pixels).save(tmp_path / "wide.png")
    (shot,) = images(tmp_path, (5, 5, 3))
    assert shot.title == "wide.png, 1 of 1"
    assert np.array_equal(shot.pixels[:, 1:4], np.full((5, 3, 3), (10, 200, 30)))
    (grey,) = images(tmp_path, (4, 4, 1))
    assert grey.pixels.shape == (4, 4, 1) and np.ptp(grey.pixels[:, 1:3]) == 0


def test_windows_of_a_sensor(tmp_path: Path) -> None:
    file = tmp_path / "w.csv"
    file.write_text("0,1,2,3,4,255\n\n9,9,9,9,9,9\n")
    shots = list(windows(file, (3, 1, 2)))
    assert [s.title for s in shots] == ["w.csv, 1 of 2", "w.csv, 2 of 2"]
    assert shots[0].pixels[:, 0].tolist() == [[0, 1], [2, 3], [4, 255]]
    good = "1,1,1,1,1,1\n"
    wrong = (
        ("1,2", "2 numbers; without a label the model takes 3 x 1 x 2"),
        ("a,1", "not a pixel"),
    )
    for text, words in (*wrong, ("", "no rows"), (good + "1,2", "row 2: 2 numbers")):
        file.write_text(text)
        with pytest.raises(DataError, match=words):
            next(windows(file, (3, 1, 2)))


def test_keys_and_names() -> None:
    keys = Keys([f"c{i}" for i in range(40)])
    given = [keys.of(i) for i in range(40)]
    assert given[:11] == [*"123456789", "a", "b"] and given[30:] == [""] * 10
    assert len(set(given[:30])) == 30 and not set(given) & set("snqrf")
    assert check_names([" cup ", "spoon"]) == ["cup", "spoon"]
    for bad in (["cup", "cup"], [" "], ["x" * 25], ["a\tb"]):
        with pytest.raises(DataError):
            check_names(bad)


@pytest.mark.parametrize(
    "expected, words",
    [
        (
            "one of --images, --windows, --camera and --microphone",
            ("--images", ".", "--camera", "0"),
        ),
        ("no such folder: nowhere", ("--images", "nowhere")),
        ("has no images", ("--images", ".")),
        ("empty.csv has no rows", ("--windows", "empty.csv")),
        ("cannot read none.csv", ("--windows", "none.csv")),
        ("the name 'cup' is there twice", ("--images", "photos", "--names", "cup,cup")),
        ("room for 2 classes", ("--images", "photos", "--names", "a,b,c", "--classes", "2")),
        ("unknown depth 'deep'", ("--images", "photos", "--learn", "deep")),
        ("no model on this board", ("--flash", "empty", "--images", "photos")),
        ("slots of the replay memory", ("--images", "photos", "--replay", "many")),
    ],
)
def test_one_sentence(
    expected: str,
    words: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "photos").mkdir()
    Image.new("L", (8, 8)).save(tmp_path / "photos" / "a.png")
    (tmp_path / "none").mkdir()
    (tmp_path / "empty.csv").touch()
    monkeypatch.chdir(tmp_path / "none" if words[1] == "." else tmp_path)
    monkeypatch.setattr("tinycl.cli.label.Keyboard", lambda: None)
    if "--flash" not in words:
        words = (*words, "--flash", str(flash_with(MODEL, tmp_path / "flash")))
    monkeypatch.setattr(sys, "argv", ["tinycl", "label", *words])
    with pytest.raises(SystemExit) as stop:
        main()
    errors = capsys.readouterr().err
    assert stop.value.code == 1 and len(errors.strip().splitlines()) == 1
    assert expected in errors


def test_a_pipe_is_no_keyboard(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("1\n"))
    monkeypatch.setattr(sys, "argv", ["tinycl", "label", "--images", "."])
    with pytest.raises(SystemExit):
        main()
    assert "expected a terminal, got a pipe" in capsys.readouterr().err


def test_a_model_that_takes_no_images(tmp_path: Path) -> None:
    Image.new("L", (8, 8)).save(tmp_path / "a.png")
    with pytest.raises(DataError, match="1 or 3 channels, the model takes 2"):
        next(images(tmp_path, (8, 8, 2)))
    with pytest.raises(DataError, match="windows of a sensor, 128 x 1"):
        next(images(tmp_path, (128, 1, 3)))


def test_a_folder_of_damaged_images(tmp_path: Path) -> None:
    said: list[str] = []
    for i in range(3):
        (tmp_path / f"{i}.png").write_bytes(b"none")
    with pytest.raises(DataError, match="none of its 3 images can be read"):
        next(images(tmp_path, (8, 8, 1), said.append))
    assert len(said) == 3
