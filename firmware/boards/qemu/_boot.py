"""Mounts the flash at "/"; makes a file system when there is none."""

import sys

import tinyclboard
import vfs


def mount():
    flash = tinyclboard.Flash()
    try:
        files = vfs.VfsLfs2(flash, progsize=256, lookahead=64)
    except OSError:
        vfs.VfsLfs2.mkfs(flash, progsize=256, lookahead=64)
        files = vfs.VfsLfs2(flash, progsize=256, lookahead=64)
    vfs.mount(files, "/")


mount()
sys.path.append("/lib")
