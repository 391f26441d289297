"""Writes ROMFS images, MicroPython's read-only file system whose files are used in place.

Every file's bytes start at a multiple of four, so that 32-bit words can be read where they lie.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["romfs_image"]

_PADDING, _DATA, _DIRECTORY, _FILE, _FILE_SYSTEM = 1, 2, 4, 5, 0x14A6B1


def romfs_image(folder: Path) -> bytes:
    """Return the image of everything in `folder`."""
    return _record(_FILE_SYSTEM, _entries(folder))


def _entries(folder: Path) -> bytes:
    return b"".join(map(_entry, sorted(folder.iterdir())))


def _entry(path: Path) -> bytes:
    payload = _uint(len(path.name.encode())) + path.name.encode()
    if path.is_dir():
        return _record(_DIRECTORY, _padded(payload) + _entries(path))
    data = path.read_bytes()
    payload += bytes([_DATA]) + _uint(len(data), after=len(payload) + 1) + data
    return _record(_FILE, _padded(payload))


def _record(kind: int, payload: bytes) -> bytes:
    head = _uint(kind)
    return head + _uint(len(payload), after=len(head)) + payload


def _uint(value: int, after: int | None = None) -> bytes:
    """Encode seven bits a byte; with `after`, so long that what follows is aligned."""
    code = bytes([value & 0x7F])
    while value := value >> 7:
        code = bytes([0x80 | value & 0x7F]) + code
    if after is None:
        return code
    return b"\x80" * (-(after + len(code)) % 4) + code


def _padded(payload: bytes) -> bytes:
    lack = -len(payload) % 4
    if lack == 1:  # the smallest record has two bytes
        lack = 5
    return payload + bytes([_PADDING, lack - 2]) + bytes(lack - 2) if lack else payload
