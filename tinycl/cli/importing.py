"""Ctrl-C that ends the program at once: while modules are imported, or when pressed twice.

Few modules are imported here, since Ctrl-C costs a traceback until `importing` begins.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
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
def handling(
    handler: Callable[..., Any], signals: Iterable[int] = (signal.SIGINT,)
) -> Iterator[None]:
    """Handle signals in this block, those that this process hears at all."""
    before = {}
    if threading.current_thread() is threading.main_thread():
        heard = [s for s in signals if signal.getsignal(s) not in (signal.SIG_IGN, None)]
        before = {number: signal.signal(number, handler) for number in heard}
    try:
        yield
    finally:
        for number, handled in before.items():
            signal.signal(number, handled)


def end_at_once(sentence: str = "") -> None:
    """End this process and those that it started, without any more of its code."""
    if os.isatty(1):
        os.write(1, b"\x1b[?25h")  # a live display hides the cursor
    if sentence:
        os.write(2, f"tinycl: {sentence}\n".encode())
    try:
        if "multiprocessing.process" in sys.modules:
            for child in sys.modules["multiprocessing.process"].active_children():
                child.kill()
    finally:  # a child may be half made, or gone
        os._exit(130)
