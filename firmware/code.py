"""Runs at power-on under CircuitPython: serve a host on the second USB serial port.

boot.py enables that port (usb_cdc.data).
"""

import tinycl_rt

tinycl_rt.load("protocol", "files", "frames", "device", "records", "state", "store", "image")
tinycl_rt.load("reports", "uploads", "requests", "streams", "service")

while True:  # the console stays free, so there is no need to stop at goodbye
    tinycl_rt.service.serve("/")
