"""Count the instructions that importing the runtime takes on an emulated board.

    python -m tools.bench.imports
    python -m tools.bench.imports --board cortex-m0 --json imports.json

``tinycl_rt.learner`` and then ``tinycl_rt.service.service``, packed as `tinycl flash` packs them:
from a file system, and read in place from memory-mapped flash (ROMFS).
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tinycl.boards import Board
from tinycl.boards.registry import BUILT
from tools.boards.runtime import stage_runtime
from tools.boards.session import Session
from tools.command import COUNTING, command_line, tool, write_json

_COUNT = """
import tinyclboard
def imports():
    import tinycl_rt.learner
    import tinycl_rt.service.service
print(tinyclboard.count(imports))
"""


@tool("bench.imports")
def main(words: list[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = command_line(__doc__)
    parser.add_argument("--board", choices=COUNTING, default="cortex-m3")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the counts")
    options = parser.parse_args(words)
    counts = measure(BUILT[options.board])
    for place, count in counts.items():
        print(f"{options.board}, from {place}: {count:,} instructions")
    write_json(options.json, counts)
    return 0


def measure(board: Board) -> dict[str, int]:
    """Return the instructions of importing from ``files`` and from ``romfs``.

    Raises
    ------
    BoardError
        If the board or its native modules cannot be built, or the import fails on the board.
    """
    counts = {}
    for place in ("files", "romfs"):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            rom, files = folder / "rom", folder / "files"
            rom.mkdir()
            files.mkdir()
            stage_runtime(rom if place == "romfs" else files, board, profile="serve")
            with Session(board, folder, rom) as session:
                session.copy(files)
                session.soft_reset()
                counts[place] = int(session.run(_COUNT, timeout=60))
    return counts


if __name__ == "__main__":
    sys.exit(main())
