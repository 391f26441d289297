"""A real file system in one file, for MicroPython's unix port: FAT, littlefs.

``serve`` mounts it and serves a host, again and again. Read-only is what CircuitPython's drive is
while a computer has it: the file system itself refuses.
"""

import os
import sys

_BLOCK = 512


class Blocks:
    """A block device in a file."""

    def __init__(self, path, count):
        self._count = count
        with open(path, "ab") as f:
            for _ in range(count if f.tell() == 0 else 0):
                f.write(b"\xff" * _BLOCK)
        self._file = open(path, "r+b")  # noqa: SIM115

    def readblocks(self, n, buf, offset=0):
        self._file.seek(n * _BLOCK + offset)
        self._file.readinto(buf)

    def writeblocks(self, n, buf, offset=0):
        self._file.seek(n * _BLOCK + offset)
        self._file.write(buf)
        self._file.flush()

    def ioctl(self, op, arg):
        return {4: self._count, 5: _BLOCK}.get(op, 0)


def serve(kind, count, readonly, room):
    """Serve a host on a drive of `count` blocks, which gets the model from the folder at hand.

    Of a new drive something else takes all but `room` bytes, 0: nothing does.
    """
    from tinycl_rt.service.service import serve

    drive = Blocks("drive.img", count)
    made = getattr(os, kind)
    try:
        os.mount(made(drive), "/drive")
    except OSError:
        made.mkfs(drive)
        os.mount(made(drive), "/drive")
        with open("model.tcm", "rb") as source, open("/drive/model.tcm", "wb") as target:
            target.write(source.read())
        free = os.statvfs("/drive")[0] * os.statvfs("/drive")[3]
        with open("/drive/photos", "wb") as f:
            for _ in range(max(free - room, 0) // _BLOCK if room else 0):
                f.write(bytes(_BLOCK))
    if readonly:
        os.umount("/drive")
        os.mount(made(drive), "/drive", readonly=True)
    while True:
        serve("/drive", 4096, autosave=8)


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]), sys.argv[3] == "ro", int(sys.argv[4]))
