"""Emulated boards as something on the other end of a byte stream: bytes, resets, pulled plugs."""

from __future__ import annotations

import random
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from helpers.boards import NATIVE, QEMU, built

from tinycl.boards import Board
from tools.boards.session import Session

_ECHO = """
import micropython, sys, time
micropython.kbd_intr(-1)
sys.stdout.buffer.write(b"<ready>")
buffer = bytearray(%d)
time.sleep_ms(200)
for _ in range(%d):
    sys.stdin.buffer.readinto(buffer)
    sys.stdout.buffer.write(buffer)
micropython.kbd_intr(3)
"""


@contextmanager
def streaming(board: Board, folder: Path, code: str) -> Iterator[subprocess.Popen[bytes]]:
    """Start `code` on a board, over nothing but its stdin and stdout, and wait for <ready>."""
    command = board.command()
    if not board.emulator:
        command += ["-c", code]
    process = subprocess.Popen(
        command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
    )
    assert process.stdin is not None and process.stdout is not None
    try:
        if board.emulator:
            process.stdin.write(b"\x01" + code.encode() + b"\x04")
        read_until(process, b"<ready>")
        yield process
    finally:
        process.kill()
        process.communicate()


def read_exactly(process: subprocess.Popen[bytes], count: int) -> bytes:
    """Read `count` bytes; fail when the board is silent for 20 s."""
    assert process.stdout is not None
    data = b""
    while len(data) < count:
        assert select.select([process.stdout], [], [], 20)[0], (len(data), data[-200:])
        chunk = process.stdout.read(count - len(data))
        assert chunk, (len(data), data[-200:])
        data += chunk
    return data


def read_until(process: subprocess.Popen[bytes], end: bytes) -> bytes:
    data = b""
    while not data.endswith(end):
        data += read_exactly(process, 1)
    return data


@pytest.mark.parametrize("name", NATIVE)
def test_all_byte_values_both_ways(name: str, tmp_path: Path) -> None:
    data = bytes(range(256)) + random.Random(1).randbytes(3 * 256)
    with streaming(built(name), tmp_path, _ECHO % (256, len(data) // 256)) as process:
        assert process.stdin is not None
        process.stdin.write(data)
        assert read_exactly(process, len(data)) == data


@pytest.mark.parametrize("name", QEMU)
def test_a_busy_board_loses_nothing(name: str, tmp_path: Path) -> None:
    """The whole stream arrives while the board sleeps, and is far larger than its buffer."""
    data = random.Random(2).randbytes(48 * 1024)
    with streaming(built(name), tmp_path, _ECHO % (1024, len(data) // 1024)) as process:
        assert process.stdin is not None
        process.stdin.write(data)
        assert read_exactly(process, len(data)) == data


@pytest.mark.parametrize("name", QEMU)
def test_files_survive_resets_and_pulled_plugs(name: str, tmp_path: Path) -> None:
    board = built(name)
    with Session(board, tmp_path) as session:
        session.run("with open('soft', 'w') as file: file.write('1')\nx = 1")
        session.soft_reset()
        assert session.run("print(open('soft').read(), 'x' in globals())") == "1 False\n"
        session.run("with open('hard', 'w') as file: file.write('2')")
        session.hard_reset()
        assert session.run("print(open('soft').read(), open('hard').read())") == "1 2\n"
    with Session(board, tmp_path) as session:
        assert session.run("import os; print(sorted(os.listdir()))") == "['hard', 'soft']\n"


@pytest.mark.parametrize("name", QEMU)
def test_control_c_stops_a_program(name: str, tmp_path: Path) -> None:
    code = "print('<ready>', end='')\nwhile True: pass"
    with streaming(built(name), tmp_path, code) as process:
        assert process.stdin is not None
        process.stdin.write(b"\x03")
        assert b"KeyboardInterrupt" in read_until(process, b"\x04>")


@pytest.mark.parametrize("name", QEMU)
def test_main_runs_at_power_up(name: str, tmp_path: Path) -> None:
    board = built(name)
    program = "import tinyclboard; tinyclboard.exit(9)"
    with Session(board, tmp_path) as session:
        session.run(f"with open('main.py', 'w') as file: file.write({program!r})")
    ran = subprocess.run(
        board.command(), cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, timeout=60
    )
    assert ran.returncode == 9


@pytest.mark.parametrize("name", QEMU)
def test_heap_is_a_small_boards(name: str, tmp_path: Path) -> None:
    with Session(built(name), tmp_path) as session:
        free = int(session.run("import gc; gc.collect(); print(gc.mem_free())"))
    least, most = (190_000, 212_992) if name == "cortex-m0" else (130_000, 147_456)
    assert least < free < most


def test_mpremote_copies_files(tmp_path: Path) -> None:
    data = bytes(range(256)) * 20
    (tmp_path / "data.bin").write_bytes(data)
    with Session(built("cortex-m3"), tmp_path) as session:
        mpremote = [sys.executable, "-m", "mpremote", "connect", session.port]
        session.serial.exit_raw_repl()
        session.serial.close()
        for words in (["cp", "data.bin", ":there.bin"], ["cp", ":there.bin", "back.bin"]):
            subprocess.run([*mpremote, *words], cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "back.bin").read_bytes() == data


def test_run_board_runs_a_file(tmp_path: Path) -> None:
    from tools.boards.repl import main

    built("cortex-m3")
    package = tmp_path / "things"
    package.mkdir()
    (package / "__init__.py").write_text("word = 'seven'\n")
    program = tmp_path / "program.py"
    words = ["cortex-m3", "--exec", str(program), "--copy", str(package)]
    program.write_text("import things\nassert things.word == 'seven'\n")
    assert main(words) == 0
    program.write_text("raise ValueError('on purpose')\n")
    assert main(words) == 1
