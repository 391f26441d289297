"""Save the learned state so that pulling the plug at any instant loses at most the last save.

Two logs take turns (``tinycl_rt.store.log``): a save goes to the one that does not hold the newest
state, so that stays whole until the new one is. It brings the replay slots that changed since
that log's last record; a log that has grown large, or is not whole, is written afresh. Loading
takes the newest state that is whole and belongs to the model.
"""

import os
import struct

from tinycl_rt.lib.files import free_bytes
from tinycl_rt.lib.modules import forget
from tinycl_rt.store import state
from tinycl_rt.store.log import choose, size, write

_NAMES = ("state.0", "state.1")
_MOST = 3  # a log takes up to so many times the bytes of a whole state


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
        self._bytes = [0, 0]  # of logs that a record can be appended to, else 0

    def settings(self, model):
        """Settings of the newest state of a model, a ``Config``; None where none is saved."""
        found = self._settings(model)
        forget("store.snapshot")
        return found

    def _settings(self, model):
        from tinycl_rt.config import Config
        from tinycl_rt.store.snapshot import Image

        header = bytearray(state.HEADER_BYTES)
        for _, begin, end, _, i in self._scan():
            try:
                with open(self._paths[i], "rb") as f:
                    Image(f, begin, end).readinto(header)
                fingerprint, packed = struct.unpack(state.HEADER, header)[3:5]
                if fingerprint == model.fingerprint:
                    return Config.unpack(packed)
            except (ValueError, OSError):
                pass
        return None

    def load(self, learner):
        """Restore the newest whole state; returns whether there was one.

        A damaged file, or one of another model, is passed over.
        """
        found = self._load(learner)
        forget("store.snapshot")
        return found

    def _load(self, learner):
        from tinycl_rt.store.snapshot import Image

        for _, begin, end, torn, i in self._scan():
            try:
                with open(self._paths[i], "rb") as f:
                    learner.restore(Image(f, begin, end))
            except (ValueError, OSError):
                continue
            self._clean(learner.replay, i)
            self._bytes[i] = 0 if torn else end
            self._next = 1 - i
            return True
        return False

    def save(self, learner):
        """Write the state; returns the number of bytes written. OSError when the disk refuses."""
        if self._next is None:
            self._scan()  # a generation that is not the newest would never be loaded
        i = self._next
        nbytes = self._append(i, learner) or self._write(i, "wb", learner, choose(learner.replay))
        self._clean(learner.replay, i)
        self.generation += 1
        self._next = 1 - i
        return nbytes

    def clear(self):
        """Remove both files."""
        self._bytes = [0, 0]
        for path in self._paths:
            try:
                os.remove(path)
            except OSError:
                pass

    def _append(self, i, learner):
        """Append a record to a log; its bytes, 0 where that is no use, or there is no room."""
        before, replay = self._bytes[i], learner.replay
        if not before:
            return 0
        nbytes = state.size(state.pieces(learner))
        most = size(nbytes, replay, choose(replay))
        brought = choose(replay, replay.changed[i])
        nbytes = size(nbytes, replay, brought)
        if 4 * nbytes > 3 * most or before + nbytes > _MOST * most:
            return 0
        room = free_bytes(self._paths[i])
        if room and room < nbytes + most:
            return 0  # a log that grew so far that it cannot be written afresh
        try:
            self._write(i, "ab", learner, brought)
        except (OSError, MemoryError):
            return 0
        self._bytes[i] += before
        return nbytes

    def _write(self, i, mode, learner, brought):
        """Write a record; its bytes."""
        self._bytes[i] = 0  # until it is known to be whole
        with open(self._paths[i], mode) as f:  # before anything else that takes room
            nbytes = write(f, self.generation + 1, learner, brought)
            _flush(f)
        self._bytes[i] = nbytes
        return nbytes

    def _clean(self, replay, i):
        """Log i has it: slots that are written from here on have changed."""
        changed = replay.changed[i]
        for at in range(len(changed)):
            changed[at] = 0

    def _scan(self):
        """Logs that hold something, the newest first: as of ``scan``, and which one."""
        from tinycl_rt.store.snapshot import scan

        found = []
        for i in range(2):
            log = scan(self._paths[i])
            if log[0]:
                found.append(log + (i,))
        found.sort(key=lambda log: -log[0])
        self._bytes = [0, 0]
        self._next = 0
        if found:
            self.generation = found[0][0]
            self._next = 1 - found[0][4]
        return found


def _flush(f):
    """Down to the medium, where the interpreter can say so. OSError when the medium fails."""
    f.flush()
    if hasattr(os, "fsync"):
        os.fsync(f.fileno())
    elif hasattr(os, "sync"):
        os.sync()
