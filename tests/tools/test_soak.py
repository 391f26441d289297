"""Two minutes of faults, kills, saves and resets, on MicroPython where it is built."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tinycl.boards import missing
from tools.faults import soak

# In CI the board has to be there, and it takes the time that it takes.
IN_CI = os.environ.get("CI") == "true"
BOARD = "cpython" if missing("unix") and not IN_CI else "unix"
SECONDS = 110 if IN_CI else 12


def test_nothing_is_lost(tmp_path: Path) -> None:
    file = tmp_path / "soak.json"
    words = ["--board", BOARD, "--seconds", str(SECONDS), "--pause", "2", "--seed", "3"]
    assert soak.main([*words, "--json", str(file)]) == 0
    result = json.loads(file.read_text())
    for name in ("samples_lost", "samples_doubled", "states_lost"):
        assert result[name] == 0, result
    assert result["fingerprint_equal"] is True
    assert result["samples_sent"] >= 180 and result["frames_damaged"] > 0
    assert result["kills"] + result["cuts"] > 0


def test_what_a_cut_board_has_in_ram_is_not_taken_for_saved() -> None:
    there = SimpleNamespace(experience=0, is_open=True, position=12, generation=1, state=12)
    client: Any = SimpleNamespace(info=lambda: there)
    it = soak.Soak(client, soak.synthetic_model((8, 8, 1), "4k"), 1, 10)
    it._history = {(0, True, n): n for n in range(20)}
    it._saved = (0, 8)
    it.message("the board is back")  # the cable was cut at 12
    there.position = there.state = 8
    it.message("the board is back")  # and the board killed before it saved again
    assert (it.result.states_checked, it.result.states_lost) == (2, 0)
    there.position = there.state = 7
    it.message("the board is back")
    assert it.result.states_lost == 1


def test_a_board_that_forgets_is_noticed(tmp_path: Path) -> None:
    """The soak itself can fail: a state that was never saved counts as lost."""
    twin = soak.Learner(soak.Model(soak.synthetic_model((8, 8, 1), "4k")), classes=4)

    there = SimpleNamespace(experience=0, is_open=False, position=0, generation=1)
    there.state = int(twin.fingerprint()) ^ 1
    client: Any = SimpleNamespace(info=lambda: there)
    it = soak.Soak(client, soak.synthetic_model((8, 8, 1), "4k"), 1, 10)
    it._history = {(0, False, 0): int(twin.fingerprint())}
    it.message("the board is back")
    assert (it.result.states_checked, it.result.states_lost) == (1, 1)
    assert not it.result.clean
