"""Flashing for real: mpremote's transport onto emulated boards that come without a runtime."""

from __future__ import annotations

import dataclasses
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import serial
from helpers.boards import built
from helpers.link import CONFIG, clean_run, hand_made_model, samples
from helpers.paths import PROJECT
from tinycl_rt.model.loader import Model
from typer.testing import CliRunner

from tinycl.boards import bare
from tinycl.cli import app
from tinycl.exceptions import FlashError, LinkError
from tinycl.flash.deploy import changes, deploy
from tinycl.flash.plan import PlannedFile
from tinycl.flash.repl import Repl
from tinycl.flash.report import Options
from tinycl.flash.session import flash_port
from tinycl.link import connect, stream_experience

MODEL = hand_made_model()


class Quiet:
    """Steps that are kept, not shown; `at` pieces copied, `then` is called."""

    def __init__(self, at: int = 0, then: Callable[[], object] | None = None) -> None:
        self.said: list[str] = []
        self._left, self._then = at, then

    def say(self, text: str) -> None:
        self.said.append(text)

    @contextmanager
    def copying(self, total: int) -> Iterator[Callable[[int], None]]:
        yield self._piece

    def _piece(self, count: int) -> None:
        self._left -= 1
        if self._left == 0 and self._then:
            self._then()


def flash(name: str, folder: Path, *words: str) -> dict[str, object]:
    """Run the verb on an emulated board; return what --json wrote."""
    report = folder / "report.json"
    given = ["flash", "--board", name, "--flash", str(folder), "--json", str(report), *words]
    ran = CliRunner().invoke(app, given, catch_exceptions=False)
    assert ran.exit_code == 0, ran.output
    return dict(json.loads(report.read_text()))


@pytest.fixture(scope="module")
def model_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("model") / "model.tcm"
    file.write_bytes(MODEL)
    return file


@pytest.mark.parametrize("name", ["cortex-m3", "cortex-m0", "unix"])
def test_what_is_flashed_learns_like_the_simulator(
    name: str, tmp_path: Path, model_file: Path
) -> None:
    built(name)
    report = flash(name, tmp_path, "--model", str(model_file))
    assert report["backend"] == "native" and report["verified"] is True
    assert report["arch"] == {"cortex-m3": "armv7m", "cortex-m0": "armv6m", "unix": "x64"}[name]
    files = report["files"]
    assert isinstance(files, list) and report["copied"] == len(files) > 40
    assert report["bytes"] == sum(file["bytes"] for file in files)
    assert report["place"] == ("files" if name == "unix" else "rom")
    assert int(str(report["free_heap"])) > 40_000
    again = flash(name, tmp_path)
    assert again["copied"] == 0 and again["verified"] and again["model"] == report["model"]
    images, labels = samples(12)
    with bare(name, tmp_path) as board, connect(board.port) as client:
        client.reset(CONFIG)
        list(stream_experience(client, 0, images, labels))
        info = client.info()
        other = hand_made_model(9)
        client.put_model(other)  # onto the file system: a board prefers it to the one in ROMFS
        client.bye()
    kept = flash(name, tmp_path)
    assert kept["model"] == Model(other).fingerprint.hex()
    assert info.backend == "native"
    assert info.state == clean_run(MODEL, images, labels).fingerprint()


@pytest.mark.parametrize("name", ["cortex-m3", "unix"])
def test_a_board_that_only_predicts(name: str, tmp_path: Path, model_file: Path) -> None:
    built(name)
    images, labels = samples(20)
    learner = clean_run(MODEL, images, labels)
    state = tmp_path / "taught.tcs"
    state.write_bytes(bytes(learner.dump()))
    board_folder = tmp_path / "board"
    board_folder.mkdir()
    words = ("--place", "files", "--model", str(model_file))
    serving = flash(name, board_folder, *words)
    report = flash(name, board_folder, *words, "--profile", "predict", "--state", str(state))
    assert report["verified"] is True and report["backend"] == "native"
    assert int(str(report["bytes"])) < int(str(serving["bytes"]))
    assert "/main.py" in report["removed"]  # type: ignore[operator]
    with bare(name, board_folder) as board, Repl(board.port) as repl:
        repl.run("from tinycl_rt.predictor import Predictor\np = Predictor('/model.tcm')")
        repl.run("p.load('/state.tcs')")
        for image in images[:5]:
            found = repl.run(f"print(p.predict(bytes.fromhex('{image.tobytes().hex()}')))")
            assert int(found) == learner.predict(image.tobytes())


def test_on_the_file_system_only_what_differs_is_copied(tmp_path: Path, model_file: Path) -> None:
    """Other kernels than before: the files of those go."""
    built("unix")
    words = ("--place", "files", "--model", str(model_file))
    viper = flash("unix", tmp_path, *words, "--kernels", "viper")
    assert viper["backend"] == "viper" and viper["place"] == "files"
    with bare("unix", tmp_path) as board, Repl(board.port) as repl:
        repl.run("with open('/lib/tinycl_rt/config.mpy', 'w') as f: f.write('damaged')")
        repl.run("with open('/lib/tinycl_rt/head.py', 'w') as f: f.write('preferred to head.mpy')")
    again = flash("unix", tmp_path, *words, "--kernels", "viper")
    copied = [file["path"] for file in again["files"] if file["copied"]]  # type: ignore[attr-defined]
    assert copied == ["/lib/tinycl_rt/config.mpy"] and again["removed"] == [
        "/lib/tinycl_rt/head.py"
    ]
    other = tmp_path / "other.tcm"
    other.write_bytes(hand_made_model(9))
    words = ("--place", "files", "--model", str(other), "--kernels", "reference")
    plain = flash("unix", tmp_path, *words)
    assert plain["backend"] == "reference" and plain["copied"] == 1
    assert all("viper" in path for path in plain["removed"])  # type: ignore[attr-defined]


@pytest.mark.parametrize("place", ["rom", "files"])
def test_a_pulled_plug_costs_only_time(place: str, tmp_path: Path) -> None:
    built("cortex-m0")
    options = Options(MODEL, place=place)
    with bare("cortex-m0", tmp_path) as board:
        # The ROMFS is written by a process of its own: cut it when half of it is there.
        steps = Quiet(12, board.kill)
        image = tmp_path / "romfs.img"

        def watch() -> None:
            while board.is_running:
                if image.exists() and image.stat().st_size > 50_000:
                    board.kill()
                time.sleep(0.005)

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        with pytest.raises(LinkError, match=r"repeat|try again") as caught:
            flash_port(board.port, options, steps)
        watcher.join(10)
    assert "\n" not in str(caught.value)
    with bare("cortex-m0", tmp_path) as board:
        report = flash_port(board.port, options, Quiet())
    assert report.verified and report.backend == "native"
    if place == "files":
        assert report.copied < len(report.files)


def test_a_serving_board_is_flashed_over_its_port(tmp_path: Path) -> None:
    """A program of one's own stays, or goes, but not unasked."""
    built("unix")
    with bare("unix", tmp_path) as board:
        first = flash_port(board.port, Options(MODEL, kernels="reference"), Quiet())
        with connect(board.port) as client:
            assert client.hello().backend == "reference"
        second = flash_port(board.port, Options(kernels="reference"), Quiet())
        assert second.copied == 0 and second.model == first.model
        with Repl(board.port) as repl:
            repl.run("with open('/main.py', 'w') as f: f.write('# mine\\nx = 1\\n')")
        with pytest.raises(FlashError, match=r"program of your own \('# mine'\): --program keep"):
            flash_port(board.port, Options(kernels="reference"), Quiet())
        steps = Quiet()
        options = Options(kernels="reference", program="replace", dry_run=True)
        assert flash_port(board.port, options, steps).copied == 1
        assert any("would copy /main.py" in said for said in steps.said)


def test_no_room_is_said_before_anything_is_written(tmp_path: Path) -> None:
    built("cortex-m0")
    with bare("cortex-m0", tmp_path) as board, Repl(board.port) as repl:
        assert changes(repl, [PlannedFile("/a", bytes(10))]).needs == 4096
        with pytest.raises(FlashError, match="no room: 4,096 KiB are to be written"):
            changes(repl, [PlannedFile("/big", bytes(4 << 20))])
        repl.identity = dataclasses.replace(repl.identity, free=0)  # a board that does not say
        todo = changes(repl, [PlannedFile("/small", b"1"), PlannedFile("/big", bytes(3 << 20))])
        repl.run("class Full:\n def write(self, x): raise OSError(28)\n def close(self): pass")
        repl.run("plain = open\ndef open(p, m='r'): return Full() if p == '/big' else plain(p, m)")
        with pytest.raises(FlashError, match="file system is full"):
            deploy(repl, todo, lambda count: None)


def test_damage_on_the_way_is_found(tmp_path: Path) -> None:
    built("cortex-m0")
    with bare("cortex-m0", tmp_path) as board, Repl(board.port) as repl:
        repl.run("_put = put\ndef put(text): _put('AAAA' + text[4:])")
        todo = changes(repl, [PlannedFile("/a", b"123456789")])
        with pytest.raises(FlashError, match="/a arrived damaged, twice: try another cable"):
            deploy(repl, todo, lambda count: None)


def test_a_busy_port_and_a_silent_board(tmp_path: Path) -> None:
    built("unix")
    with bare("unix", tmp_path) as board:
        with (
            serial.Serial(board.port, exclusive=True),
            pytest.raises(LinkError, match="another program uses this port; close it"),
        ):
            Repl(board.port)
        program = "import micropython\nmicropython.kbd_intr(-1)\nwhile True: pass"
        with Repl(board.port) as repl:
            repl.leave(program)
        with pytest.raises(LinkError, match=r"no (REPL )?answer"):
            Repl(board.port, patience=6)
    with pytest.raises(LinkError, match="no such port"):
        Repl(str(tmp_path / "port"))


def test_the_thin_script_and_a_wrong_model(tmp_path: Path) -> None:
    script = [sys.executable, str(PROJECT / "tools" / "flash.py"), "--board", "cortex-m0"]
    for words, sentence in (
        (["--model", "README.md"], "tinycl: model: not a .tcm file"),
        (["--port", "x"], "tinycl: expected one board, got --port and --board"),
        (["--kernels", "fast"], "tinycl: expected kernels auto, native, viper, reference"),
    ):
        ran = subprocess.run([*script, *words], cwd=PROJECT, capture_output=True, text=True)
        assert ran.returncode == 1 and ran.stderr.startswith(sentence), ran.stderr
        assert ran.stderr.count("\n") == 1


@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_says_what_is_on_the_board(times: int, tmp_path: Path, model_file: Path) -> None:
    built("unix")
    words = ["--place", "files", "--kernels", "reference", "--model", str(model_file)]
    command = [sys.executable, "-c", "from tinycl.cli import main; main()", "flash"]
    command += ["--board", "unix", "--flash", str(tmp_path), *words]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        while process.poll() is None and not list(tmp_path.rglob("lib/tinycl_rt/*.mpy")):
            time.sleep(0.002)
        for _ in range(times):
            process.send_signal(signal.SIGINT)
            time.sleep(0.01)
        assert process.stderr is not None
        said = process.stderr.read()
    # The second may come when all is said, while Python ends: a shell calls that 130, too.
    assert process.returncode in (130, -signal.SIGINT if times == 2 else 130), said
    kept = "files that were copied whole stay on the board"
    assert kept in said or (times == 2 and "ended at once" in said), said
    assert "Traceback" not in said
    again = flash("unix", tmp_path, *words)
    assert again["verified"] is True and int(str(again["copied"])) > 0
