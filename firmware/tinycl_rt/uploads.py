"""Things that come in pieces: an image, a learner state, a model file.

One upload at a time for the large kinds. Pieces come in order; a piece that was there before is
acknowledged and dropped, one from behind a hole is refused with the offset that is wanted.
"""

import gc

from tinycl_rt import device as dev
from tinycl_rt import protocol as p
from tinycl_rt.crc import crc32
from tinycl_rt.files import free_bytes

__all__ = ["Uploads"]


class Uploads:
    """Receives whole things in pieces and hands them to the device."""

    def __init__(self, device):
        self._device = device
        self._image = None  # bytearray, made when the first image comes in pieces
        self._image_key = (0, 0, 0)  # kind, bytes and CRC-32 of the whole
        self._image_have = self._image_crc = 0
        self._key = (0, 0, 0)
        self._have = self._crc = 0
        self._file = None  # where a state or a model is collected
        self._done = (0, 0)  # kind and CRC-32 of the last one committed

    def begin(self, kind, total, crc):
        """Start, or go on with, an upload of `total` bytes; returns the bytes that are here."""
        key = (kind, total, crc)
        if kind == p.KIND_IMAGE:
            return self._begin_image(key)
        if key == self._key:
            return self._have
        self.drop()
        if kind == p.KIND_STATE:
            self._device.need()
            self._check_heap(total)
            self._file = _collect(self._device.path(dev.NEW_STATE_FILE))
        elif kind == p.KIND_MODEL:
            _check(total, free_bytes(self._device.folder))
            self._file = open(self._device.path(dev.NEW_MODEL_FILE), "wb")
        else:
            raise p.Refusal(p.BAD_REQUEST, "kind %d is unknown" % kind)
        self._key = key
        self._have = self._crc = 0
        return 0

    def data(self, kind, crc, offset, piece):
        """Take one piece; returns the bytes that are here."""
        image = kind == p.KIND_IMAGE
        key = self._image_key if image else self._key
        have = self._image_have if image else self._have
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
            self._image[offset:end] = piece
            self._image_crc = crc32(piece, self._image_crc)
            self._image_have = end
            return end
        self._file.write(piece)
        self._crc = crc32(piece, self._crc)
        self._have = end
        return end

    def commit(self, kind, crc):
        """Put a complete upload to use; False when that was done before."""
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
                self._device.install()
                self._image = None
                self._image_key = (0, 0, 0)
            else:
                self._file.seek(0)
                self._device.restore(self._file)
        finally:
            self.drop()
        self._done = (kind, crc)
        return True

    def image(self, crc):
        """Return the complete image that has this CRC."""
        _, total, expected = self._image_key
        if not total or expected != crc or self._image_have < total:
            raise p.Refusal(p.STALE, "no such image is here")
        if self._image_crc != crc:
            self._image_key = (0, 0, 0)
            raise p.Refusal(p.BAD_REQUEST, "the CRC of the image is wrong")
        return self._image

    def drop(self):
        """Forget an upload that is not complete (images stay)."""
        self._close()
        if self._key[0] == p.KIND_MODEL:
            dev.remove(self._device.path(dev.NEW_MODEL_FILE))
        elif self._key[0] == p.KIND_STATE:
            dev.remove(self._device.path(dev.NEW_STATE_FILE))
        self._key = (0, 0, 0)
        self._have = self._crc = 0

    def _close(self):
        if self._file:
            self._file.close()
            self._file = None

    def _begin_image(self, key):
        model = self._device.need().model
        if key[1] != model.input_bytes:
            raise p.Refusal(p.BAD_VALUE, "an image has %d bytes" % model.input_bytes)
        if key != self._image_key:
            if self._image is None:
                self._image = bytearray(key[1])
            self._image_key = key
            self._image_have = self._image_crc = 0
        return self._image_have

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
