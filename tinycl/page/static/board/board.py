# Runs in the page's MicroPython: tinycl_rt with C kernels beside it, one service at one stream.
# worker.js calls `feed`. Its module `_page`: call(n) runs kernel n on the slots, send(address, n).

import gc
import sys
from array import array

import _page
import uctypes
from tinycl_rt.device import Device
from tinycl_rt.service.service import Service

_SLOT = 3  # address, number or items, kind: firmware/native/mpy/wasm.h
_MOST = 16
_slots = array("i", bytes(4 * _SLOT * _MOST))
slots = uctypes.addressof(_slots)


class Module:
    """A kernel module: what a native module (.mpy) is on a board."""

    NAME = "native"


def add_kernel(module, name, number):
    """Put kernel `number` of worker.js into a module, as a function `name`."""
    here, place, address = _slots, _page.call, uctypes.addressof

    def kernel(*args):
        at = 0
        for value in args:
            data = size = kind = 0
            if isinstance(value, int):
                size = value
                kind = 1
            elif value is not None:
                data = address(value)
                size = len(value)
                kind = 2
                if not isinstance(value, bytes):
                    kind = id(value) + isinstance(value, memoryview)
            here[at] = data
            here[at + 1] = size
            here[at + 2] = kind
            at += _SLOT
        found = place(number)
        if isinstance(found, str):
            raise ValueError(found)
        if found is False:
            raise TypeError("object with buffer protocol required")
        return found

    if module not in sys.modules:
        sys.modules[module] = Module()
    setattr(sys.modules[module], name, kernel)


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
