"""The state that a log of saves holds, put together from its records: read once, at power-up."""

import struct
from array import array

from tinycl_rt.lib import buffers
from tinycl_rt.lib.crc import crc32
from tinycl_rt.store.log import CRC_BYTES, HEAD, HEAD_BYTES, MAGIC, ones

__all__ = ["Image", "scan"]


def scan(path):
    """Read a log to its last whole record.

    Returns
    -------
    tuple
        That record's generation (0: there is none), begin and end; whether there is something
        behind it.
    """
    newest = begin = end = 0
    try:
        with open(path, "rb") as f:
            while True:
                head = f.read(HEAD_BYTES)
                if len(head) < HEAD_BYTES:
                    return newest, begin, end, bool(head)
                magic, generation, nbytes = struct.unpack("<4sII", head[:12])
                if magic != MAGIC or generation <= newest:
                    break
                left, crc = nbytes, crc32(head)
                chunk = memoryview(bytearray(256))
                while left:
                    n = f.readinto(chunk[: min(left, 256)])
                    if not n:
                        break
                    left -= n
                    crc = crc32(chunk[:n], crc)
                if left or f.read(CRC_BYTES) != struct.pack("<I", crc):
                    break
                newest, begin = generation, end
                end += HEAD_BYTES + nbytes + CRC_BYTES
    except OSError:
        pass
    return newest, begin, end, True


class Image:
    """The state of a log's last record as a file, for ``tinycl_rt.store.restore``.

    Parameters
    ----------
    f : file
        The log's.
    begin, end : int
        Where its last record stands.
    """

    def __init__(self, f, begin, end):
        self._file = f
        self._at = 0  # as of tell()
        _, nbytes, front, size, count, brought = self._open(begin)
        self._size = size
        self._slots = array("I", bytes(4 * count))  # where each one stands in the log
        self._bits = front
        self._front = begin + HEAD_BYTES + len(brought)
        # The names stand behind the slots in a state, before them in a record.
        self._names = front + count * size
        self._total = nbytes - len(brought) - ones(brought) * size + count * size
        at = 0
        while at < end:
            _, nbytes, _, size, count, brought = self._open(at)
            at += HEAD_BYTES + nbytes
            place = at - ones(brought) * size
            for slot in range(min(count, len(self._slots))):
                if brought[slot >> 3] >> (slot & 7) & 1:
                    self._slots[slot] = place
                    place += size
            at += CRC_BYTES

    def _open(self, at):
        """Header and bits of a record: generation, bytes, front, bytes of a slot, slots, bits."""
        self._file.seek(at)
        head = struct.unpack(HEAD, self._file.read(HEAD_BYTES))[1:]
        return head + (self._file.read((head[4] + 7) // 8),)

    def tell(self):
        """Position, in bytes."""
        return self._at

    def seek(self, at):
        """Go to byte ``at``."""
        self._at = at

    def readinto(self, target):
        """Fill a buffer; arrays only from before the slots."""
        n = buffers.nbytes([target])
        if self._at + n <= self._bits:
            self._file.seek(self._front + self._at)
            n = self._file.readinto(target)
            self._at += n
            return n
        view, done = memoryview(target), 0
        while done < n and self._at < self._total:
            at, room = self._place()
            self._file.seek(at)
            got = self._file.readinto(view[done : min(done + room, n)])
            if not got:
                break
            done += got
            self._at += got
        return done

    def _place(self):
        """Where the byte at hand stands in the log, and how many stand there in one piece."""
        at = self._at
        if at < self._bits:
            return self._front + at, self._bits - at
        if at < self._names:
            slot, within = divmod(at - self._bits, self._size)
            return self._slots[slot] + within, self._size - within
        return self._front + self._bits + at - self._names, self._total - at
