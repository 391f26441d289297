"""Draw the picture of the README from a run of the demo.

make demo ARGS="--seed 1"
python -m tools.release.demo_picture                       # runs/demo -> tinycl/docs/demo.png
python -m tools.release.demo_picture RUN_DIR -o FILE.png
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tinycl.exceptions import TinyclError
from tinycl.report import accuracy_figure, read_summary

FILE = Path(__file__).resolve().parents[2] / "tinycl" / "docs" / "demo.png"
_INCHES, _DPI = (8.4, 3.4), 100


def main(words: list[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", nargs="?", type=Path, default=Path("runs/demo"), metavar="RUN_DIR")
    parser.add_argument("-o", "--output", type=Path, default=FILE, metavar="FILE")
    options = parser.parse_args(words)
    try:
        figure = accuracy_figure(read_summary(options.run / "summary.json"), _INCHES)
    except TinyclError as error:
        print(f"picture: {error}", file=sys.stderr)
        return 1
    # Without the version of matplotlib, so that the same run makes the same file.
    figure.savefig(options.output, dpi=_DPI, metadata={"Software": None})
    print(f"picture: {options.output.name}, {options.output.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
