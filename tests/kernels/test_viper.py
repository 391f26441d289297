"""The viper kernels: compiled ahead for every architecture, and run by every emulated board."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from helpers.boards import NATIVE, built
from helpers.paths import ON_BOARD, RUNTIME
from on_board.run import run

from tools.boards.paths import mpy_cross

CASE = ON_BOARD / "cases" / "test_viper.py"
FILES = [
    *("core.py", "emit_bconv.py", "emit_head.py", "emit_layers.py"),
    *("lda.py", "emit_lda.py", "emit_lda_fold.py"),
    *("sound.py", "emit_sound.py"),
]


@pytest.mark.parametrize("arch", ["x64", "armv6m", "armv7m", "rv32imc", "xtensawin"])
@pytest.mark.parametrize("name", FILES)
def test_compiles_ahead_without_a_complaint(arch: str, name: str, tmp_path: Path) -> None:
    built("unix")
    command = [str(mpy_cross()), f"-march={arch}", "-o", str(tmp_path / "o.mpy")]
    ran = subprocess.run(
        [*command, str(RUNTIME / "kernels" / "viper" / name)], capture_output=True, text=True
    )
    # For a branch that is too far, mpy-cross may print an error and succeed nevertheless.
    assert (ran.returncode, ran.stdout + ran.stderr) == (0, "")


@pytest.mark.parametrize("board", NATIVE)
def test_integers_of_the_reference(board: str) -> None:
    built(board)
    failures, text = run(board, [CASE], [RUNTIME])
    assert failures == 0, text
    assert "skipped 0" in text, text


def test_no_import_where_there_is_no_viper() -> None:
    with pytest.raises(ImportError):
        __import__("tinycl_rt.kernels.viper.core")
