"""Start an emulated board.

    python -m tools.boards.repl cortex-m3                       its REPL (leave with Ctrl-A x)
    python -m tools.boards.repl cortex-m3 --exec hello.py       run a file on it
    python -m tools.boards.repl cortex-m3 --exec main.py --copy firmware/tinycl_rt
    python -m tools.boards.repl cortex-m3 --command             print the command that starts it

A board keeps its flash in the folder --folder (default: a new one, gone afterwards). What --copy
names is copied onto it first, and can be imported. The exit status of --exec is 0, or 1 if the
file raised.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from tinycl.boards import Board
from tinycl.boards.registry import BUILT
from tinycl.exceptions import BoardError
from tools.boards.staging import stage
from tools.command import command_line


def main(words: list[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = command_line(__doc__)
    parser.add_argument("board", choices=list(BUILT))
    parser.add_argument("--exec", type=Path, metavar="FILE", help="file to run, instead of a REPL")
    parser.add_argument("--copy", type=Path, nargs="+", default=[], metavar="PATH")
    parser.add_argument("--folder", type=Path, help="where the board keeps its flash")
    parser.add_argument("--command", action="store_true", help="only print the command")
    options = parser.parse_args(words)
    board = BUILT[options.board]
    try:
        if options.command:
            print(shlex.join(board.command()))
            return 0
        with tempfile.TemporaryDirectory() as name:
            folder = options.folder or Path(name)
            return _start(board, folder, options.copy, options.exec)
    except (BoardError, OSError) as error:
        print(f"boards: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _start(board: Board, folder: Path, copies: list[Path], program: Path | None) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        staged = Path(name)
        stage(copies, staged if board.emulator else folder, board)
        if not board.emulator:
            words = [str(program.resolve())] if program else []
            environment = {**os.environ, "MICROPYPATH": f".frozen:{folder.resolve()}"}
            return subprocess.call([*board.command(), *words], cwd=folder, env=environment)
        if copies or program:
            status = _copy_and_run(board, folder, staged, program)
            if program:
                return status
    plain, escape = "stdio,id=serial,signal=off", "stdio,id=serial,signal=off,mux=on"
    command = [escape if word == plain else word for word in board.command()]
    return subprocess.call(command, cwd=folder)


def _copy_and_run(board: Board, folder: Path, staged: Path, program: Path | None) -> int:
    from tools.boards.session import Session

    with Session(board, folder) as session:
        session.copy(staged)
        if not program:
            return 0
        try:
            session.run(program.read_text(), timeout=600, show=_show)
        except BoardError as error:
            print(error, file=sys.stderr)
            return 1
        return 0


def _show(data: bytes) -> None:
    sys.stdout.write(data.decode(errors="replace").replace("\r\n", "\n").replace("\x04", ""))
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
