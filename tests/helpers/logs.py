"""What the file of a log of saves holds, by name."""

from typing import NamedTuple

from tinycl_rt.store import snapshot

__all__ = ["Log", "read"]


class Log(NamedTuple):
    """See ``tinycl_rt.store.snapshot.scan``."""

    generation: int
    begin: int
    end: int
    torn: bool


def read(path: object) -> Log:
    """Read a log to its last whole record."""
    return Log(*snapshot.scan(str(path)))
