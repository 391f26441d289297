"""Runs at power-on under CircuitPython: serve a host on the second USB serial port.

boot.py enables that port (usb_cdc.data).
"""

from tinycl_rt.lib import modules

modules.load("link.protocol", "lib.files", "link.frames", "device", "store.log", "store.state")
modules.load("store.store", "service.commands", "service.queries", "service.uploads")
modules.load("service.settings")
modules.load("link.streams", "service.service")

from tinycl_rt.service.service import serve  # noqa: E402

while True:  # the console stays free, so there is no need to stop at goodbye
    serve("/")
