"""CircuitPython's drive: while a computer sees it, the board may not write.

In boot.py a remount is always allowed; after it, only once the computer has let go of the drive.
"""

import _emulated

_EEXIST = 17
_EROFS = 30
_booting = True


class _Drive:
    """A folder of the computer that emulates the board."""

    def __init__(self, folder, readonly):
        self._files = _emulated.VfsPosix(folder)
        self.readonly = readonly

    def mount(self, readonly, mkfs):
        pass

    def umount(self):
        pass

    def _for_writing(self):
        if self.readonly:
            raise OSError(_EROFS)
        return self._files

    def open(self, path, mode):
        writes = "w" in mode or "a" in mode or "+" in mode
        return (self._for_writing() if writes else self._files).open(path, mode)

    def mkdir(self, path):
        self._for_writing().mkdir(path)

    def remove(self, path):
        self._for_writing().remove(path)

    def rename(self, old, new):
        files = self._for_writing()
        if self._exists(new):  # as FAT does
            raise OSError(_EEXIST)
        # VfsPosix has one buffer for both names, unless they are relative.
        files.rename(old[1:], new[1:])

    def _exists(self, path):
        try:
            self._files.stat(path)
            return True
        except OSError:
            return False

    def rmdir(self, path):
        self._for_writing().rmdir(path)

    def __getattr__(self, name):
        return getattr(self._files, name)


_drives = {}


def _mount(folder, path):
    _drives[path] = _Drive(folder, True)
    _emulated.mount(_drives[path], path)


def remount(mount_path, readonly=False, *, disable_concurrent_write_protection=False):
    if not _booting and not disable_concurrent_write_protection:
        raise RuntimeError("Cannot remount path when visible via USB.")
    _drives[mount_path].readonly = readonly


def getmount(mount_path):
    return _drives[mount_path]
