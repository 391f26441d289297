"""Runs a tool's workload on a freshly started board and reads what it measured."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tinycl.boards import Board

from .paths import ON_BOARD
from .runtime import stage_runtime
from .session import Session
from .staging import stage

__all__ = ["run_workload"]

_SILENCE = 600  # s


def run_workload(
    board: Board,
    modules: Sequence[str],
    calls: Sequence[str],
    *,
    model: bytes | None = None,
    native: Sequence[Path] = (),
) -> list[dict[str, Any]]:
    """Run lines of Python on a board that finds runtime, kernels and modules in its ROM.

    Parameters
    ----------
    board : Board
        Any but the unix port.
    modules : sequence of str
        Names of the files in ``tools/bench/on_board`` to have there.
    calls : sequence of str
        What to run, each with the whole heap. Whatever is printed is lines of JSON.
    model : bytes, optional
        A compiled model, to be read in place at ``/rom/model.tcm``.
    native : sequence of Path
        Folders with native modules beside those of the runtime.

    Returns
    -------
    list of dict
        The lines, in order.

    Raises
    ------
    BoardError
        If the board or its native modules cannot be built, or a call fails on the board.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rom = folder / "rom"
        rom.mkdir()
        parts = [ON_BOARD / f"{module}.py" for module in modules]
        stage_runtime(rom, board, parts)
        stage([], rom, board, list(native))
        if model is not None:
            (rom / "model.tcm").write_bytes(model)
        printed = ""
        with Session(board, folder, rom) as session:
            for number, call in enumerate(calls):
                if number:
                    session.soft_reset()
                printed += session.run(call, timeout=_SILENCE)
    return [json.loads(line) for line in printed.splitlines()]
