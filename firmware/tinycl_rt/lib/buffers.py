"""Bytes of several buffers, one behind another, without a copy of the whole.

Basic example usage:

    from tinycl_rt.lib import buffers as pieces
    parts = [array("h", [1, 2]), b"abc"]
    pieces.nbytes(parts)                     # 7
    end = pieces.copy(parts, 3, 6, out, 0)   # writes bytes 3..5 to out
"""

__all__ = ["copy", "nbytes"]

_BLOCK = 64


def nbytes(parts):
    """How many bytes the buffers hold together."""
    return sum([len(part) * _item(part) for part in parts])


def copy(parts, first, end, out, at):
    """Copy bytes `first` to `end` of the buffers to `out` from `at` on; returns where it ends."""
    for part in parts:
        size = _item(part)
        n = len(part) * size
        start, stop = max(first, 0), min(end, n)
        view = memoryview(part)
        while start < stop:  # in blocks, for a heap that is all but full
            items = bytes(view[start // size : (min(stop, start + _BLOCK) + size - 1) // size])
            skip = start % size
            count = min(len(items) - skip, stop - start)
            out[at : at + count] = memoryview(items)[skip : skip + count]
            at += count
            start += count
        first -= n
        end -= n
    return at


def _item(part):
    """Bytes of one entry: MicroPython's buffers do not tell."""
    return len(bytes(part[:1])) or 1
