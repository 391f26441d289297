"""Make the circup bundle of a release, for ``circup install tinycl_rt``.

    python -m tools.release.circup_bundle dist --repository OWNER/NAME --tag 20260101

writes NAME-py-TAG.zip, NAME-9.x-mpy-TAG.zip, ... and NAME-TAG.json. Once they are attached to the
release TAG of that repository:

    circup bundle-add OWNER/NAME
    circup install tinycl_rt

The runtime goes in as sources on all platforms: without viper and numpy kernels, which
CircuitPython does not parse.
"""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path

from tinycl import __version__
from tinycl.flash.identity import Identity
from tinycl.flash.kernels import choose
from tinycl.flash.plan import plan
from tools.command import command_line

__all__ = ["make_bundle"]

# As circup names them, of the CircuitPython versions that it supports.
_PLATFORMS = ("py", "9.x-mpy", "10.x-mpy", "11.x-mpy")


def make_bundle(folder: Path, repository: str, tag: str) -> list[Path]:
    """Write the files of a release; return their paths."""
    name = repository.rpartition("/")[2].lower().replace("_", "-")
    board = Identity("circuitpython", "", "")
    files = {f.path: f.data for f in plan(board, choose(board)) if f.path.startswith("/lib/")}
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for platform in _PLATFORMS:
        root = f"{name}-{platform}-{tag}"
        with zipfile.ZipFile(folder / f"{root}.zip", "w", zipfile.ZIP_DEFLATED) as bundle:
            for path, data in files.items():
                bundle.writestr(root + path, data)
            bundle.writestr(f"{root}/requirements/tinycl_rt/requirements.txt", "")
        made.append(folder / f"{root}.zip")
    about = {
        "tinycl_rt": {
            "package": True,
            "version": __version__,
            "repo": f"https://github.com/{repository}",
            "path": "lib/tinycl_rt",
            "dependencies": [],
            "external_dependencies": [],
        }
    }
    made.append(folder / f"{name}-{tag}.json")
    made[-1].write_text(json.dumps(about, indent=2) + "\n")
    return made


def main() -> int:
    """Run the command line; return its exit status."""
    parser = command_line(__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--repository", required=True, metavar="OWNER/NAME")
    parser.add_argument("--tag", required=True)
    given = parser.parse_args()
    if given.repository.count("/") != 1:
        parser.error(f"expected --repository OWNER/NAME, got {given.repository}")
    for file in make_bundle(given.folder, given.repository, given.tag):
        print(file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
