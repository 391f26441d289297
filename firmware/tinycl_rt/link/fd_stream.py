"""A byte stream of CPython, on an emulated or Linux board: see ``tinycl_rt.link.streams``."""

import os
import select

__all__ = ["FdStream"]


class FdStream:
    """File descriptors of CPython: a pseudo-terminal, a UART of a Linux board, a pipe.

    What the other end does not fetch within two seconds is dropped: it will ask again.
    """

    exact = False
    _PATIENCE = 2.0

    def __init__(self, fd_in, fd_out):
        self._read = os.readv
        self._write = os.write
        self._select = select.select
        self._in = fd_in
        self._out = fd_out
        os.set_blocking(fd_out, False)

    def open(self):
        """Nothing to do."""

    def close(self):
        """Nothing to do: whoever opened the descriptors closes them."""

    def wait(self, timeout_ms):
        """Whether bytes arrive before the timeout."""
        return bool(self._select([self._in], [], [], timeout_ms / 1000)[0])

    def readinto(self, view):
        """Read what is there; returns the number of bytes. EOFError: the other end is gone."""
        try:
            count = self._read(self._in, [view])
        except BlockingIOError:
            return 0
        if not count:
            raise EOFError("the other end closed the stream")
        return count

    def write(self, view):
        """Write all of it, or give up after two seconds."""
        while view:
            if not self._select([], [self._out], [], self._PATIENCE)[1]:
                return
            try:
                view = view[self._write(self._out, view) :]
            except BlockingIOError:
                pass
