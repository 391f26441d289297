"""Files are replaced whole, or stay as they were."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from tinycl.exceptions import DataError, ModelError
from tinycl.files import replacing, try_file, write_file


def test_replaced_whole_through_a_link_with_its_mode(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"old")
    target.chmod(0o640)
    link.symlink_to(target)
    write_file(link, b"new")
    assert link.is_symlink() and target.read_bytes() == b"new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert sorted(os.listdir(tmp_path)) == ["link", "target"]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failure_keeps_the_old_file(error: BaseException, tmp_path: Path) -> None:
    target = tmp_path / "model.keras"
    target.write_bytes(b"old")
    with pytest.raises((ModelError, KeyboardInterrupt)), replacing(target, ModelError) as fresh:
        assert fresh.suffix == ".keras"
        fresh.write_bytes(b"half of the n")
        raise error
    assert target.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["model.keras"]


def test_device_is_written_to(tmp_path: Path) -> None:
    write_file(Path("/dev/null"), b"gone")
    try_file(Path("/dev/null"))
    with pytest.raises(DataError, match="cannot write /dev/full: No space left"):
        write_file(Path("/dev/full"), b"more than fits")


@pytest.mark.parametrize("name", ["", "file/x", "x" * 300, "/proc/x", "/sys/x/y"])
def test_what_cannot_be_written_is_found_before(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"kept")
    for attempt in (try_file, lambda path: write_file(path, b"")):
        with pytest.raises(DataError, match="cannot write"):
            attempt(tmp_path / name)
    assert os.listdir(tmp_path) == ["file"]


def test_trying_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "here").write_bytes(b"kept")
    try_file(tmp_path / "here")
    try_file(tmp_path / "new" / "one")
    assert (tmp_path / "here").read_bytes() == b"kept"
    assert os.listdir(tmp_path / "new") == []
