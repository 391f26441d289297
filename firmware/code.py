"""Runs at power-on under CircuitPython: serve a host on the second USB serial port.

boot.py enables that port (usb_cdc.data).
"""

from tinycl_rt import tidy

tidy.load("protocol", "files", "frames", "device", "records", "state", "store", "image")
tidy.load("reports", "uploads", "requests", "streams", "service")

from tinycl_rt.service import serve  # noqa: E402

while True:  # the console stays free, so there is no need to stop at goodbye
    serve("/")
