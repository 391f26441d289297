"""Draw the picture of the README from a run of the demo.

make demo ARGS="--seed 1"
python -m tools.release.demo_picture                       # runs/demo -> tinycl/docs/demo.png
python -m tools.release.demo_picture RUN_DIR -o FILE.png
"""

from __future__ import annotations

import sys
from pathlib import Path

from tinycl.report import accuracy_figure, read_summary
from tools.command import command_line, tool

FILE = Path(__file__).resolve().parents[2] / "tinycl" / "docs" / "demo.png"
_INCHES, _DPI = (8.4, 3.4), 100


@tool("picture")
def main(words: list[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = command_line(__doc__)
    parser.add_argument("run", nargs="?", type=Path, default=Path("runs/demo"), metavar="RUN_DIR")
    parser.add_argument("-o", "--output", type=Path, default=FILE, metavar="FILE")
    options = parser.parse_args(words)
    figure = accuracy_figure(read_summary(options.run / "summary.json"), _INCHES)
    # Without the version of matplotlib, so that the same run makes the same file.
    figure.savefig(options.output, dpi=_DPI, metadata={"Software": None})
    print(f"picture: {options.output.name}, {options.output.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
