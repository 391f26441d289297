"""Single keys of a terminal, waited for or not: a camera goes on while no key comes."""

from __future__ import annotations

import codecs
import os
import select
import sys
from typing import Any

from tinycl.exceptions import TinyclError

__all__ = ["BACKSPACE", "ESCAPE", "Keyboard"]

ESCAPE, BACKSPACE = "\x1b", "\x7f"


class Keyboard:
    """The keyboard, as a context: keys come at once and are not echoed; Ctrl-C interrupts.

    Raises
    ------
    TinyclError
        There is no terminal at the standard input.
    """

    def __init__(self) -> None:
        if not sys.stdin.isatty():
            raise TinyclError("labels come from the keyboard: expected a terminal, got a pipe")
        self._fd = sys.stdin.fileno()
        self._before: list[Any] = []
        self._decoder = codecs.getincrementaldecoder("utf-8")("ignore")
        self._waiting = ""

    def __enter__(self) -> Keyboard:
        import termios
        import tty

        self._before = termios.tcgetattr(self._fd)
        tty.setcbreak(self._fd)
        return self

    def __exit__(self, *_: object) -> None:
        import termios

        termios.tcsetattr(self._fd, termios.TCSADRAIN, self._before)

    def key(self, seconds: float | None = None) -> str | None:
        """The next key, "\\n" for Enter; None when none came within the time.

        Arrows and other keys that send more than one character are left out.

        Raises
        ------
        KeyboardInterrupt
            The terminal is gone.
        """
        while not self._waiting:
            ready, _, _ = select.select([self._fd], [], [], seconds)
            if not ready:
                return None
            try:
                data = os.read(self._fd, 256)
            except OSError:  # how Linux says that a terminal is gone
                data = b""
            if not data:
                raise KeyboardInterrupt
            text = self._decoder.decode(data)
            if text[:1] == ESCAPE and len(text) > 1:
                continue
            self._waiting = text.replace("\r", "\n").replace("\b", BACKSPACE)
        key, self._waiting = self._waiting[0], self._waiting[1:]
        return key

    def forget(self) -> None:
        """Drop what was typed ahead: a label is for what was seen."""
        import termios

        self._waiting = ""
        termios.tcflush(self._fd, termios.TCIFLUSH)
