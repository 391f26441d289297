# Runs in the page's MicroPython, after bridge.py: one service at one stream.
# worker.js calls `feed`; its module `_page` has send(address, n).

import gc

import _page
import uctypes
from tinycl_rt.device import Device
from tinycl_rt.service.service import Service


class Stream:
    """Bytes that the page sends and gets; see tinycl_rt.link.streams."""

    exact = False

    def __init__(self, most):
        self.bytes = bytearray(most)
        self._view = memoryview(self.bytes)
        self._at = self._end = 0

    def put(self, count):
        """worker.js has put so many bytes at the start of ``bytes``."""
        self._at = 0
        self._end = count

    def wait(self, timeout_ms):
        """Whether there is something to read; it does not wait, for the page brings bytes."""
        return self._at < self._end

    def readinto(self, view):
        """Read what is there; returns the number of bytes."""
        count = min(len(view), self._end - self._at)
        view[:count] = self._view[self._at : self._at + count]
        self._at += count
        return count

    def write(self, view):
        """Send all of it."""
        _page.send(uctypes.addressof(view), len(view))


def start(folder, most, uid):
    """Start the board on a folder; returns the address of the bytes to feed it by."""
    global _stream, _service
    _stream = Stream(most)
    device = Device(folder)
    device.open()
    _service = Service(_stream, device, uid=uid)
    return uctypes.addressof(_stream.bytes)


def feed(count):
    """Answer what is complete with `count` more bytes."""
    _stream.put(count)
    while _stream.wait(0):
        _service.poll_once(0)
    gc.collect()
