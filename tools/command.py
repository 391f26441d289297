"""What the command lines of the tools have in common."""

from __future__ import annotations

import argparse
import functools
import json
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CalledProcessError
from typing import Any

from tinycl.boards import Board
from tinycl.boards.registry import BUILT
from tinycl.exceptions import TinyclError

__all__ = ["COUNTING", "boards", "command_line", "tool", "write_json"]

COUNTING = [name for name, board in BUILT.items() if board.emulator]
"""Emulated boards that count instructions."""

Main = Callable[..., int]


def command_line(text: str | None) -> argparse.ArgumentParser:
    """A parser that shows a module's docstring as it is written."""
    return argparse.ArgumentParser(
        description=text, formatter_class=argparse.RawDescriptionHelpFormatter
    )


def tool(name: str, status: int = 1) -> Callable[[Main], Main]:
    """Let a ``main`` end with one sentence and this status where tinycl or a file fails it."""

    def decorate(main: Main) -> Main:
        @functools.wraps(main)
        def run(words: list[str] | None = None) -> int:
            try:
                return main(words)
            except (TinyclError, OSError, CalledProcessError) as error:
                print(f"{name}: {error}", file=sys.stderr)
                return status

        return run

    return decorate


def boards(names: list[str] | None) -> list[Board]:
    """The boards that ``--board`` names; by default those whose figures the pages have."""
    return [BUILT[name] for name in names or ["cortex-m3", "cortex-m0"]]


def write_json(path: Path | None, found: Any) -> None:
    """Write what was measured where ``--json`` names a file."""
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(found, indent=2) + "\n")
