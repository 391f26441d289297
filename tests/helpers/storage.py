"""Flash that takes nothing more: a file system that is full, or read-only."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

__all__ = ["KINDS", "failing"]

KINDS = ("full", "read-only")


@contextmanager
def failing(folder: Path, kind: str, model: bytes) -> Iterator[Path]:
    """A flash folder that holds a model and takes no state; `kind` is one of ``KINDS``.

    It is a small file system. Where none may be mounted the test is skipped.
    """
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=20k", "tinycl", folder]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root mounts a file system")
    try:
        (folder / "model.tcm").write_bytes(model)
        if kind == "full":
            room = os.statvfs(folder)
            free = room.f_bavail * room.f_bsize
            (folder / "photos").write_bytes(bytes(free))
        else:
            subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
