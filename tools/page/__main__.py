"""Build what ``tinycl page`` serves and git does not hold, into tinycl/page/static/built.

    python -m tools.page             MicroPython for the browser (npm) and the C kernels (ziglang)
    python -m tools.page --check     checks the types of the page's modules as well (TypeScript)

The wheel contains the built files, so that who installs it needs neither npm nor a compiler.
"""

from __future__ import annotations

import shutil
import subprocess
import sys

from tinycl.exceptions import TinyclError
from tinycl.page.site import BUILT, STATIC
from tools.boards.paths import PROJECT
from tools.command import command_line, tool
from tools.page.fetch import MICROPYTHON, TYPESCRIPT, fetch

_NATIVE = PROJECT / "firmware" / "native"


@tool("page")
def main(words: list[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = command_line(__doc__)
    parser.add_argument("--check", action="store_true", help="check types; needs Node.js")
    options = parser.parse_args(words)
    build()
    return check() if options.check else 0


def build() -> None:
    """Fetch and compile what is missing or older than its sources.

    Raises
    ------
    TinyclError
        A package cannot be fetched, or the kernels do not compile.
    """
    BUILT.mkdir(exist_ok=True)
    for name in ("micropython.mjs", "micropython.wasm"):
        shutil.copy(fetch(MICROPYTHON) / name, BUILT / name)
    folder = PROJECT / "build" / "page"
    command = ["make", "-C", str(_NATIVE), "wasm", f"PYTHON={sys.executable}"]
    command += [f"BUILD={folder}", f"DIST={folder}"]
    ran = subprocess.run(command, capture_output=True, text=True)
    if ran.returncode:
        tail = "\n".join((ran.stdout + ran.stderr).strip().splitlines()[-10:])
        raise TinyclError(f"the kernels do not compile (pip install ziglang brings zig):\n{tail}")
    for file in (folder / "wasm32").glob("*.wasm"):
        shutil.copy(file, BUILT / file.name)
    print(f"page: ready in {BUILT}")


def check() -> int:
    """Check the types that the page's modules declare; returns TypeScript's exit status."""
    compiler = fetch(TYPESCRIPT) / "bin" / "tsc"
    return subprocess.run(["node", str(compiler), "-p", str(STATIC / "jsconfig.json")]).returncode


if __name__ == "__main__":
    sys.exit(main())
