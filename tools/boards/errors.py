"""Errors of building and starting boards, with a message for the user."""

from __future__ import annotations

__all__ = ["BoardBuildError"]


class BoardBuildError(Exception):
    """A board cannot be built or started; the message says what to do."""
