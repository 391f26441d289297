"""Measure the figures that README and docs quote, and put them there.

    python -m tools.figures                       measures all of them
    python -m tools.figures --part kernels,ram    some of them
    python -m tools.figures --part ram --check    changes nothing; fails where a page differs

Parts: see PARTS in tools/figures/parts.py. Figures of cifar10 and mnist need those data sets (see
TINYCL_DATA).
"""

from __future__ import annotations

import sys
from pathlib import Path

from tools.boards.paths import PROJECT
from tools.command import command_line, tool, write_json
from tools.figures.parts import PARTS

__all__ = ["differences", "main"]


@tool("figures")
def main(words: list[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = command_line(__doc__)
    parser.add_argument("--part", default=",".join(PARTS), help=f"{','.join(PARTS)} unless given")
    parser.add_argument("--check", action="store_true", help="compare; change no page")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was measured")
    options = parser.parse_args(words)
    names = [name.strip() for name in options.part.split(",")]
    if unknown := [name for name in names if name not in PARTS]:
        print(f"figures: parts are {', '.join(PARTS)}; got {', '.join(unknown)}", file=sys.stderr)
        return 1
    measured, different = {}, 0
    for name in names:
        print(f"{name}: measuring", flush=True)
        values = measured[name] = PARTS[name].measure()
        for page, found, wanted in differences(name, values):
            different += 1
            print(f"{page}:\n  says     {found}\n  measured {wanted}")
            if not options.check:
                path = PROJECT / page
                path.write_text(path.read_text().replace(found, wanted))
    write_json(options.json, measured)
    print(f"{different} lines differ" if options.check else f"{different} lines changed")
    return 1 if options.check and different else 0


def differences(name: str, values: dict[str, object]) -> list[tuple[str, str, str]]:
    """Page, what it says, what was measured: for each line of a part that is not up to date."""
    found = []
    for line in PARTS[name].lines:
        says = line.found((PROJECT / line.page).read_text())
        wanted = line.wanted(values)
        if says != wanted:
            found.append((line.page, says, wanted))
    return found


if __name__ == "__main__":
    sys.exit(main())
