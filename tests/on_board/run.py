"""Run test files on a board: the same plain unittest files everywhere.

    python tests/on_board/run.py cpython   tests/on_board/cases/test_board.py
    python tests/on_board/run.py cortex-m3 tests/board/cases/test_*.py --with firmware/tinycl_rt

Boards: cpython, unix, circuitpython, cortex-m3, cortex-m0, rv32. Files and folders named with
--with can be imported by the tests; on QEMU boards everything lies precompiled in the ROMFS at
/rom, and each test file starts with a fresh heap. A native module for the board is found as
ARCH_6.3/NAME.mpy in a folder that is given with --native, and copied as NAME.mpy.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent

from tinycl.boards.registry import BUILT  # noqa: E402
from tinycl.exceptions import BoardError  # noqa: E402
from tools.boards.staging import stage  # noqa: E402

SUMMARY = re.compile(r"^ran (\d+), failed (\d+), skipped (\d+)$", re.MULTILINE)


def run(
    board: str,
    tests: list[Path],
    extras: list[Path] | None = None,
    native: list[Path] | None = None,
    timeout: float = 300,
) -> tuple[int, str]:
    """Run test files on a board.

    Parameters
    ----------
    board : str
        "cpython" or the name of an emulated board.
    tests : list of Path
        Plain unittest files.
    extras, native : list of Path
        See ``--with`` and ``--native``.
    timeout : float
        Longest silence of the board, in seconds.

    Returns
    -------
    tuple of (int, str)
        Number of test files that did not pass, and everything printed.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rom = folder / "rom"
        rom.mkdir()
        (rom / "words.bin").write_bytes(bytes(range(23)))
        parts = [*tests, *(extras or [])]
        if board == "cpython":
            stage(parts, rom)
            return _run_programs([sys.executable, "-m", "unittest"], "PYTHONPATH", rom, tests)
        machine = BUILT[board]
        stage([*parts, HERE / "lib" / "unittest.py"], rom, machine, native or [])
        if machine.emulator:
            return _run_emulated(board, folder, rom, tests, timeout)
        start = "import sys, unittest; sys.exit(unittest.run(sys.argv[1]) != 0)"
        (rom / "start.py").write_text(start)
        program = [*machine.command(), str(rom / "start.py")]
        return _run_programs(program, "MICROPYPATH", rom, tests, ".frozen:")


def _run_programs(
    command: list[str], variable: str, folder: Path, tests: list[Path], before: str = ""
) -> tuple[int, str]:
    failures, text = 0, ""
    environment = {**os.environ, variable: f"{before}{folder}"}
    for test in tests:
        ran = subprocess.run(
            [*command, test.stem],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        failures += ran.returncode != 0
        text += f"== {test.name}\n{ran.stdout}"
    return failures, text


def _run_emulated(
    board: str, folder: Path, rom: Path, tests: list[Path], timeout: float
) -> tuple[int, str]:
    from tools.boards.session import Session

    failures, text = 0, ""
    for test in tests:
        text += f"== {test.name}\n"
        printed = bytearray()
        try:
            with Session(BUILT[board], folder, rom) as session:
                code = f"import unittest; unittest.run({test.stem!r})"
                session.run(code, timeout, printed.extend)
        except Exception as error:  # a board that hangs or faults fails its test, whatever it says
            printed += f"{type(error).__name__}: {error}\n".encode()
        result = printed.decode(errors="replace").replace("\r\n", "\n").replace("\x04", "")
        summary = SUMMARY.search(result)
        failures += summary is None or summary.group(2) != "0"
        text += result
    return failures, text


def main() -> int:
    """Run the command line; return its exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("board", choices=["cpython", *BUILT])
    parser.add_argument("tests", nargs="+", type=Path, metavar="TESTFILE")
    parser.add_argument("--with", dest="extras", action="append", type=Path, default=[])
    parser.add_argument("--native", action="append", type=Path, default=[])
    options = parser.parse_args()
    try:
        failures, text = run(options.board, options.tests, options.extras, options.native)
    except BoardError as error:
        print(f"boards: {error}", file=sys.stderr)
        return 2
    print(text, end="")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
