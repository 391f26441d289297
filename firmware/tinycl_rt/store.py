"""Save the learned state so that pulling the plug at any instant loses at most the last save.

Two logs take turns (``tinycl_rt.records``): a save goes to the one that does not hold the newest
state, so that stays whole until the new one is. It brings the replay slots that changed since
that log's last record; a log that has grown large, or is not whole, is written afresh. Loading
takes the newest state that is whole and belongs to the model.
"""

import os

from tinycl_rt.files import free_bytes
from tinycl_rt.records import ALL, Image, Log, Record

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
        self._folder = folder
        self._paths = [folder + "/" + name for name in _NAMES]
        self.generation = 0
        self._next = None  # not known before the files were read
        self._bytes = [0, 0]  # of logs that a record can be appended to, else 0

    def load(self, learner):
        """Restore the newest whole state; returns whether there was one.

        A damaged file, or one of another model, is passed over.
        """
        for log, i in self._scan():
            try:
                with open(self._paths[i], "rb") as f:
                    learner.restore(Image(f, log))
            except (ValueError, OSError):
                continue
            changed = learner.replay.changed
            for slot in range(len(changed)):
                changed[slot] &= ~(1 << i)
            self._bytes[i] = 0 if log.torn else log.end
            self._next = 1 - i
            return True
        return False

    def save(self, learner):
        """Write the state; returns the number of bytes written. OSError when the disk refuses."""
        if self._next is None:
            self._scan()  # a generation that is not the newest would never be loaded
        i = self._next
        record = Record(learner, 1 << i)
        if not self._append(i, record):
            record.bring(ALL)
            self._write(i, record, "wb")
        record.written(1 << i)
        self._bytes[i] += record.nbytes
        self.generation += 1
        self._next = 1 - i
        return record.nbytes

    def clear(self):
        """Remove both files."""
        self._bytes = [0, 0]
        for path in self._paths:
            try:
                os.remove(path)
            except OSError:
                pass

    def _append(self, i, record):
        """Append a record to a log; False where that is no use, or there is no room."""
        size = self._bytes[i]
        if not size or 4 * record.nbytes > 3 * record.whole:
            return False
        if size + record.nbytes > _MOST * record.whole:
            return False
        room = free_bytes(self._folder)
        if room and room < record.nbytes + record.whole:
            return False  # a log that grew so far that it cannot be written afresh
        try:
            self._write(i, record, "ab")
        except OSError:
            return False
        self._bytes[i] = size
        return True

    def _write(self, i, record, mode):
        self._bytes[i] = 0  # until it is known to be whole
        with open(self._paths[i], mode) as f:
            record.write(f, self.generation + 1)
            _flush(f)

    def _scan(self):
        """Logs that hold something, the newest first, each with its number."""
        found = []
        for i in range(2):
            log = Log(self._paths[i])
            if log.generation:
                found.append((log, i))
        found.sort(key=lambda entry: -entry[0].generation)
        self._bytes = [0, 0]
        self._next = 0
        if found:
            self.generation = found[0][0].generation
            self._next = 1 - found[0][1]
        return found


def _flush(f):
    """Down to the medium, where the interpreter can say so. OSError when the medium fails."""
    f.flush()
    if hasattr(os, "fsync"):
        os.fsync(f.fileno())
    elif hasattr(os, "sync"):
        os.sync()
