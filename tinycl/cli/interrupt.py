"""Ctrl-C: pressed once it saves, pressed twice it ends at once; the exit code is 130."""

from __future__ import annotations

import _thread
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from typer.core import TyperGroup

from tinycl.cli.importing import end_at_once, handling
from tinycl.exceptions import BoardError, LinkError, TinyclError
from tinycl.observer import Observer

if TYPE_CHECKING:
    from tinycl.link import BoardClient

__all__ = ["Group", "Interrupted", "keeping", "on_interrupt", "save_board"]


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
    pressed = False

    def press(*_: object) -> None:
        nonlocal pressed
        if pressed:
            end_at_once("ended at once; what was not saved is lost")
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
        try:
            print("tinycl: interrupted, saving; Ctrl-C again ends at once", file=sys.stderr)
            kept = save()
        except KeyboardInterrupt:
            raise Interrupted("ended at once; what was not saved is lost") from None
        raise Interrupted(kept) from None


def save_board(client: BoardClient, lasting: bool, again: str) -> str:
    """Let a board save and go back to its REPL.

    Parameters
    ----------
    client : BoardClient
    lasting : bool
        Whether the board outlives the command: it is real, or its flash is a folder of the user.
    again : str
        How to go on.

    Returns
    -------
    str
        What is kept, and how to go on.
    """
    client.observer = Observer()
    try:
        info = client.hello()
        if info.has_model:
            client.save()
        client.bye()
    except (BoardError, LinkError) as error:
        return f"interrupted; the board could not save ({error}), what it learned may be lost"
    if not info.has_model:
        return f"interrupted before the board had a model; {again} begins again"
    learned = f"interrupted; the board has learned {info.learned} samples"
    if not lasting:
        return f"{learned}, which end with this emulated board: --flash FOLDER keeps them"
    return f"{learned} and saved them; {again} goes on from there"
