"""Ctrl-C: pressed once it saves, pressed twice it ends at once; the exit code is 130."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from typer.core import TyperGroup

from tinycl.exceptions import TinyclError

__all__ = ["Group", "Interrupted", "on_interrupt"]


class Interrupted(TinyclError):
    """Someone pressed Ctrl-C; the message says what is kept and how to go on."""

    exit_code = 130


class Group(TyperGroup):
    """The verbs. It takes Ctrl-C out of the hands of typer, which would end without a sentence."""

    def invoke(self, ctx: Any) -> Any:
        """Run a verb; a Ctrl-C that the verb does not handle is ``Interrupted``."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise Interrupted("interrupted") from None


@contextmanager
def on_interrupt(save: Callable[[], str]) -> Iterator[None]:
    """Save when Ctrl-C is pressed in this block.

    Enter a live display inside this block: then the display is closed before anything is said.

    Parameters
    ----------
    save : callable
        Saves, and returns a sentence that says what is kept and how to go on.

    Raises
    ------
    Interrupted
        Ctrl-C was pressed, once or twice.
    """
    try:
        yield
    except KeyboardInterrupt:
        print("tinycl: interrupted, saving; Ctrl-C again ends at once", file=sys.stderr)
        try:
            kept = save()
        except KeyboardInterrupt:
            raise Interrupted("ended at once; what was not saved is lost") from None
        raise Interrupted(kept) from None
