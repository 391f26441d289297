"""The registry, the verb, and processes that neither linger nor lose what they learned."""

from __future__ import annotations

import errno
import json
import os
import select
import signal
import struct
import subprocess
import sys
import time
import tty
from pathlib import Path

import pytest
from helpers.boards import built
from helpers.link import CONFIG, flash_with, hand_made_model, samples
from helpers.tiny import tiny_model
from tinycl_rt.lib.crc import crc32
from tinycl_rt.link import protocol as p
from tinycl_rt.link.frames import VERSION, encode
from typer.testing import CliRunner

from tinycl.boards import BOARDS, get, missing, names, start
from tinycl.boards.emulated import CPythonBoard
from tinycl.cli import app
from tinycl.exceptions import BoardError, DataError
from tinycl.link import connect, stream_experience


def test_registry_is_consistent() -> None:
    assert names()[0] == "cpython"
    for name, board in BOARDS.items():
        assert board.name == name and board.kind in ("real", "emulated")
        assert board.title and board.kernels
        assert board.heap_bytes is None or 64_000 <= board.heap_bytes <= 600_000
    assert get("pico").heap_bytes == 246_144 and get("pico").arch == "armv6m"
    assert get("cortex-m3").heap_bytes == 144 * 1024


def test_a_near_miss_is_named() -> None:
    with pytest.raises(BoardError, match="did you mean pico-w"):
        get("Pico_W")
    with pytest.raises(BoardError, match="one of: cpython"):
        get("zzzzzz")


def test_start_refuses_what_it_cannot_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BoardError, match="is a real board"):
        start("pico-w")
    assert missing("cpython") == []
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert missing("unix") == ["gcc", "make", "building: make boards"]
    with pytest.raises(BoardError, match=r"needs gcc, make, building"):
        start("unix")
    with pytest.raises(BoardError, match=r"needs qemu-system-arm, arm-none-eabi-gcc, make, build"):
        start("cortex-m3")


@pytest.mark.parametrize("path", [os.environ["PATH"], ""], ids=["ready", "missing"])
def test_verb_lists_boards_and_writes_json(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At 80 columns nothing is cut, also where programs are missing."""
    monkeypatch.setenv("PATH", path)
    monkeypatch.setenv("COLUMNS", "80")
    if not path:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    target = tmp_path / "boards.json"
    result = CliRunner().invoke(app, ["boards", "--json", str(target)])
    assert result.exit_code == 0, result.output
    assert "cpython" in result.output and "Raspberry Pi Pico" in result.output
    assert "…" not in result.output and "1,408 KiB" in result.output
    assert path or "cortex-m0 needs qemu-system-arm, arm-none-eabi-gcc, make" in result.output
    content = json.loads(target.read_text())
    found = {board["name"]: board for board in content["boards"]}
    assert found["cpython"]["ready"] is True and found["pico"]["kind"] == "real"
    assert isinstance(content["ports"], list)
    for unwritable in (tmp_path, "/proc/boards.json", target / "below"):
        result = CliRunner().invoke(app, ["boards", "--json", str(unwritable)])
        assert isinstance(result.exception, DataError)
        assert str(result.exception).startswith(f"cannot write {unwritable}: ")


@pytest.mark.parametrize("flash", ["file", "/proc", "/proc/board", "read-only"])
@pytest.mark.parametrize("verb", ["stream", "info", "flash"])
def test_a_flash_that_cannot_be_written_is_refused(
    verb: str, flash: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built("unix")
    model = tmp_path / "model.tcm"
    model.write_bytes(tiny_model())
    folder = Path(flash) if flash.startswith("/") else tmp_path / flash
    if flash == "file":
        folder.touch()
    elif flash == "read-only":

        def refuse(**given: object) -> None:  # whoever runs the tests may be root
            raise OSError(errno.EROFS, "Read-only file system")

        monkeypatch.setattr("tinycl.boards.emulated.tempfile.TemporaryFile", refuse)
    words = ["--model", str(model), "--data", "digits"] if verb == "stream" else []
    ran = CliRunner().invoke(app, [verb, *words, "--board", "unix", "--flash", str(folder)])
    assert isinstance(ran.exception, BoardError), ran.output
    assert f"{folder} cannot be a board's flash: expected a folder" in str(ran.exception)


def test_flash_is_kept_and_own_folders_are_removed(tmp_path: Path) -> None:
    model = hand_made_model()
    images, labels = samples(30)
    flash = flash_with(model, tmp_path / "flash")
    with CPythonBoard(flash, autosave=0) as board, connect(board.port) as client:
        client.reset(CONFIG)
        client.begin(0, [0, 1, 2, 3])
        list(client.learn_many(0, 0, zip(images, labels, strict=True)))
        home, pid = board.home, board.pid
    assert not home.exists() and not _is_alive(pid)
    with start("cpython", flash=flash) as board, connect(board.port) as client:
        assert client.info().position == 30  # SIGTERM saves
        list(stream_experience(client, 0, images, labels))
        board.restart()
        assert board.is_running
    with CPythonBoard() as board:
        own = board.flash
        assert own.is_dir()
    assert not own.exists()


def test_a_board_that_cannot_start_tells_why(tmp_path: Path) -> None:
    board = CPythonBoard(tmp_path, kernels="none such")
    with pytest.raises(BoardError, match=r"cpython does not start: .*invalid choice"):
        board.start()


def test_a_board_ends_with_its_parent(tmp_path: Path) -> None:
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from tinycl.boards.emulated import CPythonBoard\n"
        "board = CPythonBoard(Path(sys.argv[1])).start()\n"
        "print(board.pid, flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    words = [sys.executable, "-c", code, str(tmp_path)]
    pid = int(subprocess.run(words, stdout=subprocess.PIPE, text=True).stdout)
    deadline = time.monotonic() + 10
    while _is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _is_alive(pid)


def test_kernels_can_be_chosen(tmp_path: Path) -> None:
    for kernels in ("reference", "numpy"):
        flash = flash_with(hand_made_model(), tmp_path)
        with CPythonBoard(flash, kernels=kernels) as board, connect(board.port) as client:
            assert client.info().backend == kernels


def test_sigint_of_the_terminal_is_left_to_the_host(tmp_path: Path) -> None:
    with CPythonBoard(flash_with(hand_made_model(), tmp_path)) as board:
        os.kill(board.pid, signal.SIGINT)
        with connect(board.port) as client:
            assert client.hello().has_model


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.parametrize("name", ["cortex-m3", "unix"])
def test_a_host_that_only_asks_for_raw_mode_reaches_the_board(name: str) -> None:
    """Byte 10 arrives as it was sent, though QEMU has its terminal process output."""
    built(name)
    data = bytes(range(256)) * 2
    begin = struct.pack(p.PUT_BEGIN_REQUEST, p.KIND_MODEL, 0, 0, len(data), crc32(data))
    hello = struct.pack(p.HELLO_REQUEST, VERSION, 0)
    assert p.PUT_BEGIN == 10
    with start(name) as board:
        host = os.open(board.port, os.O_RDWR | os.O_NOCTTY)
        try:
            tty.setraw(host)
            for code, payload in ((p.HELLO, hello), (p.PUT_BEGIN, begin)):
                for _ in range(30):
                    os.write(host, encode(code, 0, code, payload))
                    if select.select([host], [], [], 1)[0]:
                        break
                else:
                    pytest.fail(f"no answer to request {code}")
                time.sleep(0.5)
                heard = os.read(host, 4096)
                assert heard[:3] == encode(code, 0, code, b"")[:3]
        finally:
            os.close(host)
