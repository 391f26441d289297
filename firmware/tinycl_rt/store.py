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
_MAGIC = b"TCG1"


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
        for _, i, data in self._scan():
            try:
                learner.restore(memoryview(data)[struct.calcsize(_HEAD) :])
            except ValueError:
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
        return size + struct.calcsize(_HEAD)

    def clear(self):
        """Remove both files."""
        for path in self._paths:
            try:
                os.remove(path)
            except OSError:
                pass

    def _scan(self):
        """Whole files, the newest first: generation, number and contents of each."""
        found = []
        for i in range(2):
            data = self._read(self._paths[i])
            if data is not None:
                found.append((struct.unpack_from("<I", data, 4)[0], i, data))
        found.sort(key=lambda entry: -entry[0])
        self._next = 0
        if found:
            self.generation, newest, _ = found[0]
            self._next = 1 - newest
        return found

    def _read(self, path):
        try:
            with open(path, "rb") as f:
                data = f.read()
        except OSError:
            return None
        if len(data) < struct.calcsize(_HEAD):
            return None
        magic, generation, size, crc = struct.unpack_from(_HEAD, data)
        if magic != _MAGIC or size != len(data) - struct.calcsize(_HEAD):
            return None
        view = memoryview(data)
        if (
            crc32(view[struct.calcsize(_HEAD) :], crc32(struct.pack("<II", generation, size)))
            != crc
        ):
            return None
        return data


def _flush(f):
    """Down to the medium, where the interpreter can say so. OSError when the medium fails."""
    f.flush()
    if hasattr(os, "fsync"):
        os.fsync(f.fileno())
    elif hasattr(os, "sync"):
        os.sync()
