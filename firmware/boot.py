"""Runs before code.py under CircuitPython: a second serial port, and a drive to save on.

With ``storage.remount`` the board may write and the computer may not: to copy files again, hold
the board in safe mode, or remove this file at the REPL with ``import os; os.remove("boot.py")``.
``TINYCL_SAVE = 0`` in settings.toml leaves the drive to the computer; the board then learns in
RAM and says so in every reply.
"""

import os

try:
    import storage
    import usb_cdc
except ImportError:  # MicroPython runs boot.py as well; there is nothing to do
    usb_cdc = None

if usb_cdc:
    usb_cdc.enable(console=True, data=True)
    if str(os.getenv("TINYCL_SAVE", 1)) != "0":  # newer CircuitPython returns strings only
        storage.remount("/", readonly=False)
