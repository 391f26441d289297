"""Power-up of the emulated board, as CircuitPython's: boot.py, USB, code.py.

    micropython -c "import _power_up; _power_up.run('lib')"

The drive is the folder that the program is started in. The folder that is named lies behind it:
what the drive has no file for is looked for there.
"""

import os
import sys

import _emulated
import storage
import usb_cdc

_STACK = 2 * 2048  # CircuitPython's default; pointers have 8 bytes here, on boards 4


def run(behind):
    port, drive = _emulated.data_port(), os.getcwd()
    _emulated.umount("/")
    storage._mount(behind, "/behind")
    storage._mount(drive, "/")
    os.chdir("/")
    sys.path[:] = ["", "/", ".frozen", "/lib", "/behind"]
    _start("boot.py")
    storage._booting = False
    usb_cdc._connect(port)
    _start("code.py")


def _start(name):
    for folder in ("/", "/behind/"):
        try:
            with open(folder + name) as file:
                code = compile(file.read(), name, "exec")
        except OSError:
            continue
        _emulated.python_stack(_STACK)
        exec(code, {"__name__": "__main__"})
        return
