"""A log of saves in one file: each record holds a state, but for replay slots that stayed.

A record is a header, a bit for each replay slot that it brings, the state up to the slots and
behind them (``tinycl_rt.state``), those slots, and a CRC over all of it. The first record of a
file brings every slot. Records are only ever appended: one that was cut off is not whole, and the
one before it counts.
"""

import struct
from array import array

from tinycl_rt import pieces, state
from tinycl_rt.crc import crc32

__all__ = ["ALL", "Image", "Log", "Record"]

ALL = 0  # as a mark: every slot

# magic, generation, bytes between header and CRC, bytes before the slots, bytes of a slot, slots
_HEAD = "<4sIIIIH"
_HEAD_BYTES = struct.calcsize(_HEAD)
_CRC_BYTES = 4
_MAGIC = b"TCG2"
_CHUNK = 256


class Record:
    """A learner's state, to be written.

    Parameters
    ----------
    learner : Learner
    mark : int
        It brings the slots that have this bit in ``replay.changed``, or all of them.

    Attributes
    ----------
    nbytes : int
        Of the record.
    whole : int
        Of one with every slot.
    """

    def __init__(self, learner, mark):
        self._replay = replay = learner.replay
        parts = state.pieces(learner)
        at = len(parts) - 1 - len(learner.names)
        self._front, self._names = parts[:at], parts[at + 1 :]
        self._rest = state.size(parts) - replay.count * replay.latent_bytes
        self._rest += (replay.count + 7) // 8
        self.whole = _HEAD_BYTES + self._rest + replay.count * replay.latent_bytes + _CRC_BYTES
        self.bring(mark)

    def bring(self, mark):
        """Choose the slots again."""
        replay = self._replay
        self._brought = bytearray((replay.count + 7) // 8)
        self._n = 0
        for slot in range(replay.count):
            if mark == ALL or replay.changed[slot] & mark:
                self._brought[slot >> 3] |= 1 << (slot & 7)
                self._n += 1
        self.nbytes = self.whole - (replay.count - self._n) * replay.latent_bytes

    def write(self, f, generation):
        """Append it to a file; OSError when the disk refuses."""
        replay, size = self._replay, self._replay.latent_bytes
        nbytes = self._rest + self._n * size
        front = pieces.nbytes(self._front)
        head = struct.pack(_HEAD, _MAGIC, generation, nbytes, front, size, replay.count)
        crc = 0
        for part in [head, self._brought] + self._front + self._names:
            f.write(part)
            crc = crc32(part, crc)
        for slot in range(replay.count):
            if _has(self._brought, slot):
                f.write(replay.latent(slot))
                crc = crc32(replay.latent(slot), crc)
        f.write(struct.pack("<I", crc))

    def written(self, mark):
        """It is on the medium: slots that change from here on are changed."""
        changed = self._replay.changed
        for slot in range(len(changed)):
            changed[slot] &= ~mark


class Log:
    """What a file holds, read to its last whole record.

    Attributes
    ----------
    generation : int
        Of that record; 0: there is none.
    begin, end : int
        Where it stands.
    torn : bool
        There is something behind it.
    """

    def __init__(self, path):
        self.generation = self.begin = self.end = 0
        self.torn = False
        try:
            with open(path, "rb") as f:
                while self._next(f):
                    pass
        except OSError:
            self.torn = True

    def _next(self, f):
        """Go on to the next record; False when there is no whole one."""
        head = f.read(_HEAD_BYTES)
        self.torn = bool(head)
        if len(head) < _HEAD_BYTES:
            return False
        magic, generation, left = struct.unpack("<4sII", head[:12])
        if magic != _MAGIC or generation <= self.generation:
            return False
        end = self.end + _HEAD_BYTES + left + _CRC_BYTES
        crc = crc32(head)
        chunk = memoryview(bytearray(_CHUNK))
        while left:
            n = f.readinto(chunk[: min(left, _CHUNK)])
            if not n:
                return False
            left -= n
            crc = crc32(chunk[:n], crc)
        if f.read(_CRC_BYTES) != struct.pack("<I", crc):
            return False
        self.generation, self.begin, self.end, self.torn = generation, self.end, end, False
        return True


class Image:
    """The state of a log's last record as a file, for ``tinycl_rt.state.restore``.

    Parameters
    ----------
    f : file
        The log's.
    log : Log
    """

    def __init__(self, f, log):
        self._file = f
        self._at = 0  # as of tell()
        _, nbytes, front, size, count, brought = self._open(log.begin)
        self._size = size
        self._slots = array("I", bytes(4 * count))  # where each one stands in the log
        self._bits = front
        self._front = log.begin + _HEAD_BYTES + len(brought)
        # The names stand behind the slots in a state, before them in a record.
        self._names = front + count * size
        self._total = nbytes - len(brought) - _ones(brought) * size + count * size
        at = 0
        while at < log.end:
            _, nbytes, _, size, count, brought = self._open(at)
            at += _HEAD_BYTES + nbytes
            place = at - _ones(brought) * size
            for slot in range(min(count, len(self._slots))):
                if _has(brought, slot):
                    self._slots[slot] = place
                    place += size
            at += _CRC_BYTES

    def _open(self, at):
        """Header and bits of a record: generation, bytes, front, bytes of a slot, slots, bits."""
        self._file.seek(at)
        head = struct.unpack(_HEAD, self._file.read(_HEAD_BYTES))[1:]
        return head + (self._file.read((head[4] + 7) // 8),)

    def tell(self):
        return self._at

    def seek(self, at):
        self._at = at

    def readinto(self, target):
        """Fill a buffer; arrays only from before the slots."""
        n = pieces.nbytes([target])
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


def _has(bits, i):
    return bits[i >> 3] >> (i & 7) & 1


def _ones(bits):
    n = 0
    for byte in bits:
        while byte:
            n += byte & 1
            byte >>= 1
    return n
