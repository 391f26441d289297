"""What can go wrong, in words for the person at the keyboard."""

from __future__ import annotations

__all__ = ["BoardBuildError"]


class BoardBuildError(Exception):
    """A board cannot be built or started; the message says what to do."""
