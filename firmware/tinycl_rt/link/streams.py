"""The byte stream of a board, whatever Python runs on it.

A stream has ``wait(timeout_ms)`` (is there something to read?), ``readinto(view)`` (bytes read;
EOFError when the other end is gone for good), ``write(view)`` (all of it, or given up),
``open()`` and ``close()`` around the time in which binary data flows, and ``exact``: a read
blocks until the whole view is full.

Basic example usage:

    stream = default()
    stream.open()
    if stream.wait(1000):
        count = stream.readinto(view)
"""

import sys

__all__ = ["CdcStream", "StdioStream", "default"]


def default():
    """Return the stream that this board has: usb_cdc.data, or standard input and output."""
    name = sys.implementation.name
    if name == "circuitpython":
        return CdcStream()
    if name == "micropython":
        return StdioStream()
    from tinycl_rt.link.fd_stream import FdStream

    return FdStream(0, 1)


class StdioStream:
    """sys.stdin.buffer and sys.stdout.buffer of MicroPython, which the USB or UART REPL uses.

    Ctrl-C is a byte like any other while the stream is open: ``close`` gives it back its meaning.
    """

    exact = True
    _CHUNK = 64  # one USB packet: a read waits no longer than for the rest of it

    def __init__(self):
        import select

        self._in = sys.stdin.buffer
        self._out = sys.stdout.buffer
        self._poll = select.poll()
        self._poll.register(sys.stdin, select.POLLIN)

    def open(self):
        _keyboard_interrupt(-1)

    def close(self):
        _keyboard_interrupt(3)

    def wait(self, timeout_ms):
        for _ in self._poll.ipoll(timeout_ms):
            return True
        return False

    def readinto(self, view):
        if len(view) > self._CHUNK:
            view = view[: self._CHUNK]
        count = self._in.readinto(view)
        if not count:
            raise EOFError("standard input is closed")
        return count

    def write(self, view):
        self._out.write(view)


def _keyboard_interrupt(char):
    try:
        from micropython import kbd_intr
    except ImportError:
        return
    kbd_intr(char)


class CdcStream:
    """usb_cdc.data of CircuitPython: a second serial port that boot.py enables."""

    exact = False

    def __init__(self, port=None):
        if port is None:
            import usb_cdc

            port = usb_cdc.data
            if port is None:
                raise RuntimeError(
                    "usb_cdc.data is off: boot.py must call usb_cdc.enable(data=True)"
                )
        self._port = port

    def open(self):
        self._port.timeout = 0
        self._port.write_timeout = 2

    def close(self):
        self._port.flush()

    def wait(self, timeout_ms):
        from tinycl_rt.lib.clock import since, ticks_ms

        start = ticks_ms()
        while not self._port.in_waiting:
            if since(start) >= timeout_ms:
                return False
        return True

    def readinto(self, view):
        waiting = self._port.in_waiting
        return self._port.readinto(view[:waiting] if waiting < len(view) else view) or 0

    def write(self, view):
        self._port.write(view)
