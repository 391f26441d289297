"""The written protocol says what the code does."""

from __future__ import annotations

import re
import struct
from pathlib import Path

from helpers.link import flash_with, hand_made_model
from helpers.service import Bench
from tinycl_rt.config import PACKED_BYTES, Config
from tinycl_rt.link import frames
from tinycl_rt.link import protocol as p
from tinycl_rt.link.frames import encode
from tinycl_rt.service import commands, corrections, queries, settings, uploads

import tinycl

PAGE = (Path(tinycl.__file__).parent / "docs" / "protocol.md").read_text()
ROWS = re.findall(r"^\| (\d+) \| ([A-Z_]+) \|", PAGE, re.MULTILINE)  # requests and errors


def test_the_exchange_is_what_a_board_answers(tmp_path: Path) -> None:
    bench = Bench(flash_with(hand_made_model(2, 1), tmp_path))
    bench.ask(p.RESET, bytes(10) + Config(classes=4, replay_slots=2, seed=7).pack())
    lines = re.findall(r"^([<>]) ([0-9a-f ]+)$", PAGE, re.MULTILINE)
    assert len(lines) == 12
    for (sent, request), (got, reply) in zip(lines[::2], lines[1::2], strict=True):
        assert (sent, got) == (">", "<")
        (answer,) = bench.feed(bytes.fromhex(request))
        assert encode(*answer).hex() == bytes.fromhex(reply).hex()


def test_codes_and_errors_are_those_of_the_code() -> None:
    assert [int(number) for number, _ in ROWS] == [*range(1, 19), *range(1, 13)]
    for number, name in ROWS:
        assert getattr(p, name) == int(number), name
    modules = commands, queries, uploads, settings, corrections
    handled = [code for module in modules for code in module.HANDLERS]
    assert sorted(handled) == list(range(1, 19))


def test_sizes_on_the_page() -> None:
    assert (frames.SYNC0, frames.SYNC1, frames.VERSION) == (0xB1, 0xC7, 1)
    assert (frames.HEADER_BYTES, frames.OVERHEAD_BYTES) == (10, 14)
    assert struct.calcsize(p.PROGRESS) == 20 and "**Progress**, 20 bytes" in PAGE
    assert struct.calcsize(p.INFO) == 60 and "| 60 | | six short strings" in PAGE
    assert PACKED_BYTES == 20 and "configuration, 20 bytes" in PAGE
    assert len(p.STATS_NAMES) == 11 and "eleven u32" in PAGE
