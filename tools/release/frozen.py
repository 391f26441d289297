"""Write the runtime as builders of firmware freeze it: packed sources and their manifest.

    python -m tools.release.frozen build/tinycl                        to learn and serve a host
    python -m tools.release.frozen build/tinycl --profile predict      only to predict
    make -C micropython/ports/rp2 BOARD=RPI_PICO FROZEN_MANIFEST=$PWD/build/tinycl/manifest.py

Frozen code is read in place: only its objects take heap. A manifest of your own includes this one:
``include("/path/to/build/tinycl/manifest.py")``. Native kernels go onto the board as files
(``tinycl flash`` copies them when it finds the runtime frozen), or into the firmware with
``USER_C_MODULES`` (firmware/native/micropython.mk).
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from tinycl.packing.pack import pack
from tinycl.packing.parts import PROFILES
from tinycl.packing.sources import is_viper
from tools.command import command_line

__all__ = ["write"]


def write(folder: Path, profile: str = "serve", before: str = "") -> list[Path]:
    """Write ``manifest.py`` and the packed ``tinycl_rt`` into a folder; returns the files.

    Parameters
    ----------
    folder
        What it held of an earlier runtime is removed.
    profile
        See ``tinycl.packing.parts``.
    before
        Lines of a manifest to begin with, such as those that freeze a port's own modules.
    """
    shutil.rmtree(folder / "tinycl_rt", ignore_errors=True)
    files = {path: text for path, text in pack(profile).items() if not is_viper(path)}
    written = []
    for path, text in sorted(files.items()):
        target = folder / "tinycl_rt" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        written.append(target)
    manifest = folder / "manifest.py"
    manifest.write_text(
        f"# tinycl_rt, profile {profile}; made by python -m tools.release.frozen\n"
        "# ruff: noqa: F821\n"
        f"{before}"
        f'package("tinycl_rt", files={sorted(files)!r}, opt=3)\n'
    )
    return [*written, manifest]


def main() -> int:
    """Run the command line; return its exit status."""
    parser = command_line(__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--profile", choices=list(PROFILES), default="serve")
    options = parser.parse_args()
    files = write(options.folder, options.profile)
    print(f"{options.folder}: {len(files)} files; FROZEN_MANIFEST={files[-1].resolve()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
