"""Runs on the board, at its raw REPL: what it is, what files it has.

MicroPython 1.23 and CircuitPython 9 take it as it is. Each function prints one literal a line.
"""

import gc
import os
import sys


def about():
    """Print what this board is, as a dict."""
    told = sys.implementation
    try:
        disk = os.statvfs("/")
        block, free = disk[1], disk[1] * disk[4]
    except (AttributeError, OSError):
        block = free = 0
    gc.collect()
    print(
        {
            "name": told[0],
            "version": tuple(told[1])[:3],
            "machine": getattr(told, "_machine", sys.platform),
            "mpy": getattr(told, "_mpy", None),
            "block": block,
            "free": free,
            "heap": gc.mem_free() if hasattr(gc, "mem_free") else 0,
            "rom": rom(),
            "builtin": builtin(),
        }
    )


def builtin():
    """Names of our modules in the firmware; a board prefers them to files."""
    found, path = [], list(sys.path)
    sys.path[:] = ["/none", ".frozen"]
    for name in ("tinycl_core", "tinycl_rt"):
        try:
            __import__(name)
            found.append(name)
        except ImportError:
            pass
    sys.path[:] = path
    return found


def rom():
    """Sizes of the ROMFS partitions."""
    sizes = []
    try:
        import vfs

        for number in range(vfs.rom_ioctl(1)):
            part = vfs.rom_ioctl(2, number)
            is_device = hasattr(part, "ioctl")
            sizes.append(part.ioctl(4, 0) * part.ioctl(5, 0) if is_device else len(part))
    except (ImportError, AttributeError, OSError, TypeError):
        pass
    return sizes


def listing(places):
    """Print (path, size) of every file in `places`: files, or folders with all they hold."""
    for place in places:
        try:
            found = os.stat(place)
        except OSError:
            continue
        if found[0] & 0x4000:
            listing([place + "/" + name for name in os.listdir(place)])
        else:
            print((place, found[6]))


def hashes(paths):
    """Print the SHA-256 of each file in hex; "" where there is none, CRC-32 without hashlib."""
    buffer = memoryview(bytearray(512))
    for path in paths:
        digest = _digest()
        try:
            with open(path, "rb") as file:
                while True:
                    count = file.readinto(buffer)
                    if not count:
                        break
                    digest.update(buffer[:count])
            print(repr("".join(["%02x" % b for b in digest.digest()])))
        except OSError:
            print("''")
        gc.collect()


def _digest():
    try:
        import hashlib

        make = getattr(hashlib, "sha256", None)
        return make() if make else hashlib.new("sha256")
    except (ImportError, AttributeError, ValueError):
        return _Crc()


class _Crc:
    def __init__(self):
        self.value = 0

    def update(self, data):
        from binascii import crc32

        self.value = crc32(data, self.value)

    def digest(self):
        return self.value.to_bytes(4, "big")


def folders(path):
    """Make the folders that the file `path` lies in."""
    parts = path.strip("/").split("/")[:-1]
    for count in range(1, len(parts) + 1):
        try:
            os.mkdir("/" + "/".join(parts[:count]))
        except OSError:
            pass  # it is there; if it cannot be made, the file's own error tells


def put(text):
    """Write a piece of the open file `f`, given in base64."""
    from binascii import a2b_base64

    f.write(a2b_base64(text))  # noqa: F821


def removed(paths):
    """Remove files, and folders that are empty by then."""
    for path in paths:
        os.remove(path)
        folder = path.rpartition("/")[0]
        try:
            if folder.strip("/"):
                os.rmdir(folder)
        except OSError:
            pass  # others are in it


def content(path):
    """Print a file in base64, piece by piece."""
    from binascii import b2a_base64

    with open(path, "rb") as file:
        while True:
            piece = file.read(384)
            if not piece:
                return
            print(repr(b2a_base64(piece).decode().strip()))


def head(path):
    """Print the first line of a file; "" where there is none."""
    try:
        with open(path) as file:
            print(repr(file.readline()))
    except OSError:
        print("''")


def backend():
    """Print the name of the kernels that the runtime finds here."""
    gc.collect()
    from tinycl_rt.kernels import choose

    print(repr(choose.load().NAME))
