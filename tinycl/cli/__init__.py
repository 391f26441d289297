"""The command line: ``main`` is its entry point, ``verbs`` has all verbs.

The verbs are imported inside `main`, so that Ctrl-C costs one sentence there, too.
"""

from __future__ import annotations

import signal
import sys
from typing import Any

from tinycl.cli.importing import end_at_once, importing
from tinycl.exceptions import TinyclError

__all__ = ["main"]

_RENAMED = {"--replays": "--replay-batch"}
"""Options of version 0.1 and what they are called now; the old names work until 0.3."""


def main() -> None:
    """Entry point: a user's mistake is one sentence and exit code 1, not a traceback."""
    try:
        with importing():
            from tinycl.cli.verbs import app
        app(args=[_renamed(word) for word in sys.argv[1:]])
    except TinyclError as error:
        _end(str(error), error.exit_code)
    except KeyboardInterrupt:
        _end("interrupted", 130)
    except BrokenPipeError:
        sys.exit(1)


def _end(sentence: str, code: int) -> None:
    """Say why the program ends. A Ctrl-C after that has nothing to add: it ends what is left."""
    if code == 130:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    print(f"tinycl: {sentence}", file=sys.stderr)
    if code == 130:
        signal.signal(signal.SIGINT, lambda *_: end_at_once())
    sys.exit(code)


def _renamed(word: str) -> str:
    """A word of the command line with an option's old name replaced, and said so."""
    option, equals, value = word.partition("=")
    if option not in _RENAMED:
        return word
    print(f"tinycl: {option} is called {_RENAMED[option]} now", file=sys.stderr)
    return _RENAMED[option] + equals + value


def __getattr__(name: str) -> Any:
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from tinycl.cli.verbs import app

    return app
