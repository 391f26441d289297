"""Build the emulated MicroPython boards.

    python -m tools.boards                     all of them
    python -m tools.boards unix cortex-m3      some
    python -m tools.boards --where             print where source, tools and boards are

Builds go to ~/.cache/tinycl/boards (or $XDG_CACHE_HOME/tinycl/boards): BOARD/board.json says how
a board is started. MicroPython's source is Debian's package, fetched with apt and checked, or the
tree that $MICROPY_DIR names. tools/boards/setup.sh installs compilers and emulators.
"""

from __future__ import annotations

import fcntl
import json
import sys

from tinycl.boards.registry import BUILT, BUILT_IN, FROZEN, LARGE, PICO
from tinycl.exceptions import BoardError
from tools.boards.build import build_board, build_mpy_cross, missing
from tools.boards.paths import cache, mpy_cross
from tools.boards.runtime import build_runtime
from tools.boards.source import source_tree
from tools.command import command_line, tool

_ALL = {**BUILT, **{board.name: board for board in (BUILT_IN, FROZEN, LARGE, PICO)}}


@tool("boards")
def main(words: list[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = command_line(__doc__)
    parser.add_argument("boards", nargs="*", metavar="BOARD", help=", ".join([*_ALL, "all"]))
    parser.add_argument("--where", action="store_true", help="print paths as JSON, build nothing")
    options = parser.parse_args(words)
    if options.where:
        print(json.dumps(_where(), indent=2))
        return 0
    return _build(_chosen(options.boards))


def _chosen(names: list[str]) -> list[str]:
    for name in names:
        if name not in (*_ALL, "all"):
            raise BoardError(f"no board {name!r}: choose from {', '.join([*_ALL, 'all'])}")
    return list(_ALL) if not names or "all" in names else list(dict.fromkeys(names))


def _build(names: list[str]) -> int:
    folder = cache() / "boards"
    folder.mkdir(parents=True, exist_ok=True)
    lacking: set[str] = set()
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        able = [name for name in names if not missing(_ALL[name])]
        if able:
            source = source_tree()
            build_mpy_cross(source)
        for name in able:
            build_board(_ALL[name], source)
            if not _ALL[name].built_in:
                build_runtime(_ALL[name])
    for name in names:
        if needed := missing(_ALL[name]):
            lacking.update(needed)
            print(f"boards: {name} needs {' '.join(needed)}", file=sys.stderr)
    if lacking:
        packages = " ".join(sorted(lacking))
        print(
            f"boards: run tools/boards/setup.sh, or: apt-get install {packages}", file=sys.stderr
        )
        return 1
    print(f"boards: ready: {', '.join(names)}")
    return 0


def _where() -> dict[str, object]:
    boards = {name: str(board.folder) for name, board in BUILT.items()}
    return {"source": str(source_tree()), "mpy_cross": str(mpy_cross()), "boards": boards}


if __name__ == "__main__":
    sys.exit(main())
