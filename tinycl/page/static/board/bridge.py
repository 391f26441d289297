# Runs in the page's MicroPython: C kernels beside it become modules that tinycl_rt imports.
# machine.js calls `add_kernel`; its module `_page` has call(n), which runs kernel n on the slots.

import sys
from array import array

import _page
import uctypes

_SLOT = 3  # address, number or items, kind: firmware/native/mpy/wasm.h
_MOST = 16
_slots = array("i", bytes(4 * _SLOT * _MOST))
slots = uctypes.addressof(_slots)


class Module:
    """A kernel module: what a native module (.mpy) is on a board."""

    NAME = "native"


def add_kernel(module, name, number):
    """Put kernel `number` of machine.js into a module, as a function `name`."""
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
