"""Write firmware/package.json, which names the files of the runtime for mip.

python -m tools.release.mip_package
"""

from __future__ import annotations

import json
from pathlib import Path

from tinycl import __version__
from tinycl.packing.sources import board_sources

__all__ = ["FILE", "package"]

FILE = Path(__file__).resolve().parents[2] / "firmware" / "package.json"


def package() -> str:
    """Return the content of the file."""
    paths = [f"tinycl_rt/{path}" for path in board_sources(FILE.parent / "tinycl_rt")]
    urls = ",\n".join(f"    {json.dumps([path, path])}" for path in paths)
    return f'{{\n  "urls": [\n{urls}\n  ],\n  "deps": [],\n  "version": "{__version__}"\n}}\n'


if __name__ == "__main__":
    FILE.write_text(package())
