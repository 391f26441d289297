"""Requests that bring a learner state or a model file; samples in pieces.

Things come in pieces, one upload at a time for the large kinds. Pieces come in order; a piece that
was there before is acknowledged and dropped, one from behind a hole is refused with the offset
that is wanted. The code is loaded when such a request comes.
"""

import gc
import struct

from tinycl_rt.lib.crc import crc32
from tinycl_rt.lib.files import NEW_MODEL_FILE, NEW_STATE_FILE, free_bytes, remove
from tinycl_rt.lib.heap import heap
from tinycl_rt.link import protocol as p
from tinycl_rt.link.protocol import take
from tinycl_rt.service.commands import forget_recent, progress
from tinycl_rt.service.staged import Staged

__all__ = ["HANDLERS"]

_STAGED = (p.KIND_IMAGE, p.KIND_SOUND)


def put_begin(service, payload):
    kind, _, _, total, crc = take(p.PUT_BEGIN_REQUEST, payload)
    device = service.device
    if kind in _STAGED:
        if not device.staged or device.staged.kind != kind:
            device.staged = None  # in whose place the other is made
            device.staged = _staged(kind)(device)
        return _have(service, device.staged.begin((kind, total, crc)))
    key = (kind, total, crc)
    if service.uploads and key != service.uploads.key:
        service.uploads.drop()
    if not service.uploads:
        service.uploads = Upload(service, key)
    return _have(service, service.uploads.have)


def _staged(kind):
    """The place for an image, or for a recording; Refusal: this board does not hear."""
    if kind == p.KIND_IMAGE:
        return Staged
    try:  # by name: most boards are packed without it
        return __import__("tinycl_rt.service.sound", None, None, ("Recording",)).Recording
    except ImportError:
        raise p.Refusal(p.BAD_VALUE, "it has no sound front end: tinycl flash --sound")  # noqa: B904


def put_data(service, payload):
    kind, _, _, crc, offset = take(p.PUT_DATA_REQUEST, payload)
    target = _target(service, kind, crc)
    if offset > target.have:
        raise p.Refusal(p.GAP, "byte %d is wanted next" % target.have, target.have)
    if offset < target.have:
        return _have(service, target.have)
    piece = payload[12:]
    end = offset + len(piece)
    if end > target.key[1]:
        raise p.Refusal(p.BAD_REQUEST, "more than %d bytes" % target.key[1])
    target.add(piece, end)
    return _have(service, end)


def put_commit(service, payload):
    kind, _, _, crc = take(p.PUT_COMMIT_REQUEST, payload)
    done = (kind, crc)
    if not service.uploads and service.committed == done:
        return progress(service, p.DONE_BEFORE)
    _target(service, kind if kind not in _STAGED else -1, crc).commit()
    service.committed = done
    forget_recent(service)
    return progress(service)


def _have(service, count):
    struct.pack_into(p.PUT_REPLY, service.out, 0, count)
    return 4


def _target(service, kind, crc):
    """What is on its way: a sample, or an upload. Refusal: it was not begun."""
    target = service.device.staged if kind in _STAGED else service.uploads
    if not target or target.key[0] != kind or target.key[2] != crc or not target.key[1]:
        raise p.Refusal(p.STALE, "no such upload is under way")
    return target


class Upload:
    """A state or a model on its way, collected in a file.

    Parameters
    ----------
    service : tinycl_rt.service.service.Service
    key : tuple of int
        Kind, bytes and CRC-32 of the whole. Refusal: an unknown kind, or no room.
    """

    def __init__(self, service, key):
        self._service = service
        self._device = device = service.device
        self.key = key
        self.have = self._crc = 0
        if key[0] == p.KIND_STATE:
            device.need()
            gc.collect()
            _check(key[1], device.heap_limit or sum(heap()))
            device.save()  # while there is room for a file: if all fails, this is left
            self._give_up()
            self._file = _collect(device.path(NEW_STATE_FILE))
        elif key[0] == p.KIND_MODEL:
            _check(key[1], free_bytes(device.folder))
            self._give_up()
            self._file = open(device.path(NEW_MODEL_FILE), "wb")
        else:
            raise p.Refusal(p.BAD_REQUEST, "kind %d is unknown" % key[0])

    def add(self, piece, end):
        """Take the next piece, which ends at byte `end`."""
        self._file.write(piece)
        self._crc = crc32(piece, self._crc)
        self.have = end

    def commit(self):
        """Put what is complete to use. Refusal: it is not complete."""
        if self.have < self.key[1]:
            raise p.Refusal(p.GAP, "byte %d is wanted next" % self.have, self.have)
        try:
            if self._crc != self.key[2]:
                raise ValueError("the CRC of the whole is wrong")
            if self.key[0] == p.KIND_MODEL:
                self._file.close()
                self._give_up()
                self._device.install()
            else:
                self._file.seek(0)
                self._device.restore(self._file)
                self._file.close()  # a small heap has no room for two open files
                self._device.save()
        finally:
            self.drop()

    def drop(self):
        """Forget it, whether it was put to use or not."""
        try:
            self._file.close()
        finally:  # closing writes: a full file system refuses
            new = NEW_MODEL_FILE if self.key[0] == p.KIND_MODEL else NEW_STATE_FILE
            remove(self._device.path(new))
            self._service.uploads = None
            self._service.make_place()

    def _give_up(self):
        """A heap that is all but full has no room for an image beside what a file needs."""
        self._device.staged = None


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


HANDLERS = {
    p.PUT_BEGIN: put_begin,
    p.PUT_DATA: put_data,
    p.PUT_COMMIT: put_commit,
}
