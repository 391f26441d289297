"""Every error that a user of tinycl can cause, below one root.

The command line prints the message alone, without a traceback; so each message says what was
expected, what came, and what to do.
"""

__all__ = [
    "BoardError",
    "CompileError",
    "DataError",
    "FlashError",
    "LinkError",
    "MissingExtraError",
    "ModelError",
    "TinyclError",
    "UnsavedError",
]


class TinyclError(Exception):
    """Root of all errors raised by tinycl on purpose.

    Attributes
    ----------
    exit_code : int
        Of the command line.
    """

    exit_code = 1


class DataError(TinyclError):
    """A data set, an array or a scenario is not what was asked for."""


class ModelError(TinyclError):
    """A Keras model cannot be built, trained, loaded or converted."""


class CompileError(TinyclError):
    """A .tflite graph, or a .tcm file, cannot be compiled or loaded."""


class LinkError(TinyclError):
    """The byte stream to a board failed: no such port, no answer, unplugged."""


class BoardError(TinyclError):
    """A board answered, and refused; the message carries the board's reason."""


class UnsavedError(BoardError):
    """A board could not save what it learned; the message says where its state is instead."""

    exit_code = 3


class FlashError(TinyclError):
    """A board cannot be flashed: no room, wrong firmware, wrong files."""


class MissingExtraError(TinyclError):
    """An optional dependency that this command needs is not installed."""
