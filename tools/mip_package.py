"""Write firmware/package.json, which names the files of the runtime for mip.

python tools/mip_package.py
"""

from __future__ import annotations

import json
from pathlib import Path

from tinycl import __version__
from tinycl.boards.cache import HOST_ONLY

__all__ = ["FILE", "package"]

FILE = Path(__file__).resolve().parents[1] / "firmware" / "package.json"


def package() -> str:
    """Return the content of the file."""
    sources = sorted(file.name for file in (FILE.parent / "tinycl_rt").glob("*.py"))
    paths = [f"tinycl_rt/{name}" for name in sources if not name.startswith(HOST_ONLY)]
    urls = ",\n".join(f"    {json.dumps([path, path])}" for path in paths)
    return f'{{\n  "urls": [\n{urls}\n  ],\n  "deps": [],\n  "version": "{__version__}"\n}}\n'


if __name__ == "__main__":
    FILE.write_text(package())
