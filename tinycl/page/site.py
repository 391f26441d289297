"""The files of the page: as ``tinycl page`` serves them, and as any static host can."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from tinycl.exceptions import TinyclError
from tinycl.files import write_file
from tinycl.packing.sources import board_sources, runtime_folder
from tinycl.zoo import catalogue

__all__ = ["BUILT", "SECURITY", "STATIC", "TYPES", "read", "write_site"]

STATIC = Path(__file__).parent / "static"
BUILT = STATIC / "built"

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".py": "text/plain; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".wasm": "application/wasm",
    ".tcm": "application/octet-stream",
}
"""Of what the page consists, by suffix."""

SECURITY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; "
    "img-src 'self' blob: data:; media-src blob:; connect-src 'self'; worker-src 'self'; "
    "base-uri 'none'; form-action 'none'"
)
"""The page's content security policy: no request leaves the machine."""


def read(path: str) -> bytes | None:
    """A file of the page by its path; None if there is none.

    Raises
    ------
    TinyclError
        It is one of those that have to be built, and was not.
    """
    if path in ("", "index.html"):
        check_built()
    if path == "runtime.json":
        return _runtime()
    if path == "zoo.json":
        return _zoo()
    if path.startswith("zoo/") and path.endswith(".tcm"):
        name = path[4:-4]
        return catalogue.model(name) if name in catalogue.names() else None
    file = (STATIC / (path or "index.html")).resolve()
    if not file.is_relative_to(STATIC) or file.suffix not in TYPES or not file.is_file():
        return None
    return file.read_bytes()


def check_built() -> None:
    """TinyclError where MicroPython or the kernels are not there."""
    if not (BUILT / "micropython.wasm").is_file() or not (BUILT / "tinycl_core.wasm").is_file():
        raise TinyclError(
            "this checkout has no MicroPython for the browser yet: run python -m tools.page"
        )


def write_site(folder: Path) -> int:
    """Write all files of the page, for a static host; returns how many there are."""
    paths = list(_paths())
    for path in paths:
        data = read(path)
        assert data is not None
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        write_file(target, data)
    return len(paths)


def _paths() -> Iterator[str]:
    for file in sorted(STATIC.rglob("*")):
        if file.is_file() and file.suffix in TYPES and file.name != "jsconfig.json":
            yield file.relative_to(STATIC).as_posix()
    yield from ("runtime.json", "zoo.json", *(f"zoo/{n}.tcm" for n in catalogue.names()))


def _runtime() -> bytes:
    """Sources of ``tinycl_rt`` by path: MicroPython in the page compiles them."""
    folder = runtime_folder()
    files = {path: (folder / path).read_text() for path in board_sources(folder, viper=False)}
    return json.dumps(files).encode()


def _zoo() -> bytes:
    cards = [catalogue.card(name) for name in catalogue.names()]
    return json.dumps(
        [
            {
                "name": card.name,
                "title": card.title,
                "shape": card.input_shape,
                "pixels": card.pixels,
                "bytes": card.flash_bytes,
                "fingerprint": card.fingerprint,
            }
            for card in cards
        ]
    ).encode()
