"""What to do next, as a command to copy."""

from __future__ import annotations

import shlex

__all__ = ["next_step"]


def next_step(*words: object) -> None:
    """Print the command that usually follows; words in capitals are for the user to fill in."""
    print("next: tinycl " + " ".join(shlex.quote(str(word)) for word in words))
