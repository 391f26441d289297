"""Ctrl-C that ends the program at once: while modules are imported, or when pressed twice.

Few modules are imported here, since Ctrl-C costs a traceback until `importing` begins.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["end_at_once", "handling", "importing"]


@contextmanager
def importing() -> Iterator[None]:
    """Ctrl-C in this block ends the program at once: nothing has begun that could be lost.

    A KeyboardInterrupt would not do: modules are imported inside callbacks too, where Python
    prints an exception as a traceback, ignores it and goes on.
    """
    with handling(lambda *_: end_at_once("interrupted before the work began")):
        yield


@contextmanager
def handling(handler: Callable[..., Any]) -> Iterator[None]:
    """Handle SIGINT in this block, where this process hears it at all."""
    hears = signal.getsignal(signal.SIGINT) not in (signal.SIG_IGN, None)
    if not hears or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def end_at_once(sentence: str) -> None:
    """End this process and those that it started, without any more of its code."""
    if os.isatty(1):
        os.write(1, b"\x1b[?25h")  # a live display hides the cursor
    os.write(2, f"tinycl: {sentence}\n".encode())
    if "multiprocessing.process" in sys.modules:
        for child in sys.modules["multiprocessing.process"].active_children():
            child.kill()
    os._exit(130)
