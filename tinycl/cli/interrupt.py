"""Ctrl-C: pressed once it saves, pressed twice it ends at once; the exit code is 130."""

from __future__ import annotations

import _thread
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from typer.core import TyperGroup

from tinycl.cli.importing import end_at_once, handling
from tinycl.exceptions import TinyclError

__all__ = ["Group", "Interrupted", "keeping", "on_interrupt"]

_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)


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
def keeping(kept: Callable[[], str]) -> Iterator[None]:
    """Ctrl-C ends this block, in which work is saved as it is finished; twice ends it at once.

    Parameters
    ----------
    kept : callable
        Returns a sentence that says what is kept and how to go on.

    Raises
    ------
    Interrupted
        Ctrl-C was pressed once.
    """
    pressed, owner = False, os.getpid()

    def press(*_: object) -> None:
        nonlocal pressed
        if pressed:  # a worker that was forked a moment ago hears it too: one sentence is enough
            mine = os.getpid() == owner
            end_at_once("ended at once; what was not saved is lost" if mine else "")
        pressed = True
        raise KeyboardInterrupt

    def unraisable(found: Any) -> None:
        nonlocal pressed
        if found.exc_type is not KeyboardInterrupt:
            sys.__unraisablehook__(found)
            return
        pressed = False  # it came while an object was deleted, where Python drops it: once more
        _thread.interrupt_main()

    before, sys.unraisablehook = sys.unraisablehook, unraisable
    try:
        with handling(press):
            yield
    except BaseException:
        if not pressed:
            raise
        signal.signal(signal.SIGINT, press)  # what is left of the program ends at a second one
        # Libraries in C turn a KeyboardInterrupt into errors of their own.
        raise Interrupted(kept()) from None
    finally:
        sys.unraisablehook = before


@contextmanager
def on_interrupt(save: Callable[[], str]) -> Iterator[None]:
    """Save when Ctrl-C is pressed in this block, when its terminal is closed or it is told to end.

    Enter a live display inside this block: then the display is closed before anything is said.

    Parameters
    ----------
    save : callable
        Saves, and returns a sentence that says what is kept and how to go on.

    Raises
    ------
    Interrupted
        Ctrl-C was pressed, once or twice; or another of these signals came.
    """
    told = []

    def hear(number: int, _: object) -> None:
        told.append(number)
        if number == signal.SIGINT or len(told) == 1:
            raise KeyboardInterrupt

    with handling(hear, _SIGNALS):
        try:
            yield
        except BaseException as error:
            # Where the terminal is gone, closing a display on it is an error of its own.
            if not told and not isinstance(error, KeyboardInterrupt):
                raise
            try:
                with suppress(OSError):
                    print(
                        "tinycl: interrupted, saving; Ctrl-C again ends at once", file=sys.stderr
                    )
                kept = save()
            except KeyboardInterrupt:
                raise Interrupted("ended at once; what was not saved is lost") from None
            raise Interrupted(kept) from None
