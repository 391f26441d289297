"""An image that comes in pieces, since no frame holds it."""

from tinycl_rt.lib.crc import crc32
from tinycl_rt.link import protocol as p

__all__ = ["Staged"]


class Staged:
    """An image that comes in pieces.

    One that no frame holds has a place in memory from the start: later the heap may have no such
    piece. While a file is open the place is given up: a heap that is all but full has no other
    for what the file needs.

    Parameters
    ----------
    device : tinycl_rt.device.Device

    Attributes
    ----------
    data : bytearray or None
        The place.
    """

    kind = p.KIND_IMAGE

    def __init__(self, device):
        self._device = device
        self.give_up()
        self.take_place()

    def give_up(self):
        """Forget the image, and free its place."""
        self.data = None
        self.key = (0, 0, 0)  # kind, bytes and CRC-32 of the whole
        self.have = self._crc = 0

    def take_place(self):
        """Have a place again, if there is one."""
        model = self._device.model
        if self.data is None and model:
            try:
                self.data = bytearray(model.input_bytes)
            except MemoryError:  # whoever sends an image will hear of it
                pass

    def begin(self, key):
        """Start, or go on with, an image; returns the bytes that are here."""
        nbytes = self._device.need().model.input_bytes
        if key[1] != nbytes:
            raise p.Refusal(p.BAD_VALUE, "an image has %d bytes" % nbytes)
        return self._start(key)

    def _start(self, key):
        if key != self.key:
            if self.data is None:
                self.data = bytearray(self._device.model.input_bytes)
            self.key = key
            self.have = self._crc = 0
        return self.have

    def add(self, piece, end):
        """Take the next piece, which ends at byte `end`."""
        self.data[self.have : end] = piece
        self._added(piece, end)

    def _added(self, piece, end):
        self._crc = crc32(piece, self._crc)
        self.have = end

    def image(self, crc):
        """Return the complete image that has this CRC."""
        _, total, expected = self.key
        if not total or expected != crc or self.have < total:
            raise p.Refusal(p.STALE, "no such image is here")
        if self._crc != crc:
            self.key = (0, 0, 0)
            raise p.Refusal(p.BAD_REQUEST, "the CRC of the image is wrong")
        return self.data
