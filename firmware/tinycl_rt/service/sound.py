"""A recording that comes in pieces: the board itself makes the window that its model takes."""

from array import array

from tinycl_rt.link import protocol as p
from tinycl_rt.service.staged import Staged
from tinycl_rt.sound import BANDS, HOP, WINDOW, LogMel

__all__ = ["Recording"]


class Recording(Staged):
    """The samples that one window is made of; otherwise as ``Staged``."""

    kind = p.KIND_SOUND

    def give_up(self):
        """Forget the recording, and free its place."""
        Staged.give_up(self)
        self._mel = None

    def begin(self, key):
        """Start, or go on with, a recording; returns the bytes that are here."""
        frames, bands, _ = self._device.need().model.input_shape
        nbytes = 2 * (WINDOW + (frames - 1) * HOP)
        if bands != BANDS or key[1] != nbytes:
            raise p.Refusal(p.BAD_VALUE, "a recording has %d bytes, for 40 bands" % nbytes)
        if key != self.key:
            self._mel = None  # its place is taken again
            self._mel = LogMel(frames)
        return self._start(key)

    def add(self, piece, end):
        """Take the next piece, which ends at byte `end`; Refusal: half a sample."""
        if len(piece) & 1:
            raise p.Refusal(p.BAD_REQUEST, "a piece ends within a sample")
        self._mel.write(array("h", bytes(piece)))
        self._added(piece, end)
        if end == self.key[1]:
            self._mel.window(self.data)
