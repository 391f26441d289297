"""Save the learned state so that pulling the plug at any instant loses at most the last save.

Two files take turns. Each holds a generation number, the state, and a CRC over both; a save
writes the older one, so the newer one stays whole until the new one is. Loading takes the newest
that is whole and belongs to the model.
"""

import os
import struct

from tinycl_rt import state
from tinycl_rt.crc import crc32

_NAMES = ("state.0", "state.1")
_HEAD = "<4sIII"  # magic, generation, bytes of state, CRC32 of generation, bytes and state
_HEAD_BYTES = struct.calcsize(_HEAD)
_MAGIC = b"TCG1"
_CHUNK = 256


class Store:
    """State files in a folder.

    Parameters
    ----------
    folder : str

    Attributes
    ----------
    generation : int
        Number of the newest save seen, 0 when there is none.
    """

    def __init__(self, folder="."):
        self._paths = [folder + "/" + name for name in _NAMES]
        self.generation = 0
        self._next = None  # not known before the files were read

    def load(self, learner):
        """Restore the newest whole state; returns whether there was one.

        A damaged file, or one of another model, is passed over.
        """
        for _, i in self._scan():
            try:
                with open(self._paths[i], "rb") as f:
                    f.seek(_HEAD_BYTES)
                    learner.restore(f)
            except (ValueError, OSError):
                continue
            self._next = 1 - i
            return True
        return False

    def save(self, learner):
        """Write the state; returns the number of bytes written. OSError when the disk refuses."""
        if self._next is None:
            self._scan()  # a generation that is not the newest would never be loaded
        parts = state.pieces(learner)
        size = state.size(parts)
        generation = self.generation + 1
        crc = crc32(struct.pack("<II", generation, size))
        for part in parts:
            crc = crc32(part, crc)
        with open(self._paths[self._next], "wb") as f:
            f.write(struct.pack(_HEAD, _MAGIC, generation, size, crc))
            for part in parts:
                f.write(part)
            _flush(f)
        self.generation = generation
        self._next = 1 - self._next
        return size + _HEAD_BYTES

    def clear(self):
        """Remove both files."""
        for path in self._paths:
            try:
                os.remove(path)
            except OSError:
                pass

    def _scan(self):
        """Whole files, the newest first: generation and number of each."""
        found = []
        for i in range(2):
            generation = self._generation(self._paths[i])
            if generation is not None:
                found.append((generation, i))
        found.sort(key=lambda entry: -entry[0])
        self._next = 0
        if found:
            self.generation, newest = found[0]
            self._next = 1 - newest
        return found

    def _generation(self, path):
        """Generation of a file, None when it is not whole; read in pieces."""
        try:
            with open(path, "rb") as f:
                head = f.read(_HEAD_BYTES)
                if len(head) < _HEAD_BYTES:
                    return None
                magic, generation, left, expected = struct.unpack(_HEAD, head)
                crc = crc32(head[4:12])
                chunk = bytearray(_CHUNK)
                while True:
                    n = f.readinto(chunk)
                    if not n:
                        break
                    left -= n
                    crc = crc32(memoryview(chunk)[:n], crc)
        except OSError:
            return None
        whole = magic == _MAGIC and left == 0 and crc == expected
        return generation if whole else None


def _flush(f):
    """Down to the medium, where the interpreter can say so. OSError when the medium fails."""
    f.flush()
    if hasattr(os, "fsync"):
        os.fsync(f.fileno())
    elif hasattr(os, "sync"):
        os.sync()
