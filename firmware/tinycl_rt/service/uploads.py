"""Things that come in pieces: an image, a learner state, a model file.

One upload at a time for the large kinds. Pieces come in order; a piece that was there before is
acknowledged and dropped, one from behind a hole is refused with the offset that is wanted.
"""

import gc
import struct

from tinycl_rt import device as dev
from tinycl_rt.lib.crc import crc32
from tinycl_rt.lib.files import free_bytes
from tinycl_rt.link import protocol as p

__all__ = ["Uploads"]


class Staged:
    """An image that comes in pieces.

    One that no frame holds has a place in memory from the start: later the heap may have no such
    piece. While a file is open the place is given up: a heap that is all but full has no other
    for what the file needs.

    Parameters
    ----------
    device : tinycl_rt.device.Device
    max_payload : int
        Of the largest frame that is taken.

    Attributes
    ----------
    data : bytearray or None
        The place.
    """

    def __init__(self, device, max_payload):
        self._device = device
        self._most = max_payload - struct.calcsize(p.LEARN_REQUEST)
        self.give_up()
        self.take_place()

    def give_up(self):
        """Forget the image, and free its place."""
        self.data = None
        self.key = (0, 0, 0)  # kind, bytes and CRC-32 of the whole
        self.have = self._crc = 0

    def take_place(self):
        """Have a place, if images do not fit into frames, and there is one."""
        model = self._device.model
        if self.data is None and model and model.input_bytes > self._most:
            try:
                self.data = bytearray(model.input_bytes)
            except MemoryError:  # whoever sends an image will hear of it
                pass

    def begin(self, key):
        """Start, or go on with, an image; returns the bytes that are here."""
        nbytes = self._device.need().model.input_bytes
        if key[1] != nbytes:
            raise p.Refusal(p.BAD_VALUE, "an image has %d bytes" % nbytes)
        if key != self.key:
            if self.data is None:
                self.data = bytearray(nbytes)
            self.key = key
            self.have = self._crc = 0
        return self.have

    def add(self, piece, end):
        """Take the next piece, which ends at byte `end`."""
        self.data[self.have : end] = piece
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


class Uploads:
    """Receives whole things in pieces and hands them to the device.

    Parameters
    ----------
    device : tinycl_rt.device.Device
    max_payload : int
        Of the largest frame that is taken.
    """

    def __init__(self, device, max_payload):
        self._device = device
        self._staged = device.staged = Staged(device, max_payload)
        self.image = self._staged.image
        self._key = (0, 0, 0)
        self._have = self._crc = 0
        self._file = None  # where a state or a model is collected
        self._done = (0, 0)  # kind and CRC-32 of the last one committed

    def begin(self, kind, total, crc):
        """Start, or go on with, an upload of `total` bytes; returns the bytes that are here.

        Refusal: an unknown kind, or no room.
        """
        key = (kind, total, crc)
        if kind == p.KIND_IMAGE:
            return self._staged.begin(key)
        if key == self._key:
            return self._have
        self.drop()
        if kind == p.KIND_STATE:
            self._device.need()
            self._check_heap(total)
            self._device.save()  # while there is room for a file: if all fails, this is left
            self._staged.give_up()
            self._file = _collect(self._device.path(dev.NEW_STATE_FILE))
        elif kind == p.KIND_MODEL:
            _check(total, free_bytes(self._device.folder))
            self._staged.give_up()
            self._file = open(self._device.path(dev.NEW_MODEL_FILE), "wb")
        else:
            raise p.Refusal(p.BAD_REQUEST, "kind %d is unknown" % kind)
        self._key = key
        self._have = self._crc = 0
        return 0

    def data(self, kind, crc, offset, piece):
        """Take one piece; returns the bytes that are here. Refusal: not begun, or a hole."""
        image = kind == p.KIND_IMAGE
        key = self._staged.key if image else self._key
        have = self._staged.have if image else self._have
        if key[0] != kind or key[2] != crc or not key[1]:
            raise p.Refusal(p.STALE, "no such upload is under way")
        if offset > have:
            raise p.Refusal(p.GAP, "byte %d is wanted next" % have, have)
        if offset < have:
            return have
        end = offset + len(piece)
        if end > key[1]:
            raise p.Refusal(p.BAD_REQUEST, "more than %d bytes" % key[1])
        if image:
            self._staged.add(piece, end)
            return end
        self._file.write(piece)
        self._crc = crc32(piece, self._crc)
        self._have = end
        return end

    def commit(self, kind, crc):
        """Put a complete upload to use; False when that was done before. Refusal: not complete."""
        if self._key[0] != kind or self._key[2] != crc or not self._key[1]:
            if self._done == (kind, crc):
                return False
            raise p.Refusal(p.STALE, "no such upload is under way")
        if self._have < self._key[1]:
            raise p.Refusal(p.GAP, "byte %d is wanted next" % self._have, self._have)
        try:
            if self._crc != crc:
                raise ValueError("the CRC of the whole is wrong")
            if kind == p.KIND_MODEL:
                self._close()
                self._staged.give_up()
                self._device.install()
            else:
                self._file.seek(0)
                self._device.restore(self._file)
                self._close()  # a small heap has no room for two open files
                self._device.save()
        finally:
            self.drop()
        self._done = (kind, crc)
        return True

    def drop(self):
        """Forget an upload that is not complete, or was put to use (images stay)."""
        self._close()
        if self._key[0] == p.KIND_MODEL:
            dev.remove(self._device.path(dev.NEW_MODEL_FILE))
        elif self._key[0] == p.KIND_STATE:
            dev.remove(self._device.path(dev.NEW_STATE_FILE))
        self._key = (0, 0, 0)
        self._have = self._crc = 0
        self._staged.take_place()

    def _close(self):
        if self._file:
            self._file.close()
            self._file = None

    def _check_heap(self, total):
        gc.collect()
        free, used = dev.heap()
        _check(total, self._device.heap_limit or free + used)


def _check(total, room):
    if not total or (room and total > room):
        raise p.Refusal(p.TOO_LARGE, "%d bytes do not fit into %d" % (total, room))


def _collect(path):
    """A file to collect a state in; in memory where the file system takes none."""
    try:
        return open(path, "w+b")
    except OSError:
        from io import BytesIO

        return BytesIO()
