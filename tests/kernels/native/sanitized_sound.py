"""Compares the C kernels of sound with the reference; run by tests/kernels/test_native.py."""

from __future__ import annotations

from array import array
from typing import Any

import pytest
from hypothesis import settings

settings.register_profile("sanitized", deadline=None, max_examples=100, database=None)
settings.load_profile("sanitized")

from kernels import test_sound  # noqa: E402
from kernels.native.host_kernels import HostSound  # noqa: E402
from kernels.test_sound import BANDS, SINE, test_fill, test_level, test_log_mel  # noqa: E402

__all__ = ["test_fill", "test_level", "test_log_mel"]

HOST = HostSound(odd=True)
test_sound.other.kernels = HOST


def good() -> dict[str, list[Any]]:
    """Arguments that each kernel takes, and all of whose buffers it fills."""
    ring, rows = array("h", range(512)), bytearray(120)
    return {
        "fill": [ring, 500, array("h", range(30)), 10, 20],
        "log_mel": [ring, 5, SINE, BANDS, array("i", bytes(2048)), rows, 2],
        "level": [rows, 1, 3, bytearray(120)],
    }


@pytest.mark.parametrize(
    "name, place",
    [(n, i) for n, given in good().items() for i, v in enumerate(given) if not isinstance(v, int)],
)
def test_each_buffer_is_measured(name: str, place: int) -> None:
    arguments = good()[name]
    getattr(HOST, name)(*arguments)
    arguments[place] = arguments[place][:-1]
    with pytest.raises(ValueError, match="size"):
        getattr(HOST, name)(*arguments)


@pytest.mark.parametrize(
    "name, place, value",
    [
        ("fill", 1, -1), ("fill", 3, -1), ("fill", 3, 2**31 - 1), ("fill", 4, -1),
        ("fill", 4, 513), ("log_mel", 6, -1), ("log_mel", 6, 4096), ("level", 1, -1),
        ("level", 1, 3), ("level", 2, 0), ("level", 2, 4097),
    ],
)  # fmt: skip
def test_numbers_are_checked(name: str, place: int, value: int) -> None:
    arguments = good()[name]
    arguments[place] = value
    with pytest.raises(ValueError, match="argument"):
        getattr(HOST, name)(*arguments)


def test_sides_of_bands_go_up() -> None:
    arguments = good()["log_mel"]
    arguments[3] = bytearray(BANDS)
    arguments[3][7], arguments[3][8] = BANDS[8], BANDS[7]
    with pytest.raises(ValueError, match="argument"):
        HOST.log_mel(*arguments)


def test_damaged_tables_do_no_harm() -> None:
    arguments = good()["log_mel"]
    arguments[0] = array("h", [-32768] * 512)
    for value in (-32768, 32767):
        arguments[2] = array("h", [value] * 385)
        HOST.log_mel(*arguments)
