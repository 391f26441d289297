# Freezes tinycl_rt into MicroPython firmware. In a port's folder:
#
#   make FROZEN_MANIFEST=/path/to/tinycl/firmware/manifest.py
#
# or, from a manifest of your own: include("/path/to/tinycl/firmware/manifest.py"). Frozen code
# takes no heap. With the kernels compiled in as well (native/micropython.mk) nothing else is
# needed on the board; without them, viper=True freezes the viper kernels, where the port's
# mpy-cross knows the processor.
# ruff: noqa: F821

import os

metadata(description="Binary networks that keep learning", version="0.1.0", license="Apache-2.0")
options.defaults(viper=False)

files = [f for f in sorted(os.listdir("tinycl_rt")) if f.endswith(".py")]
# For computers alone.
files = [f for f in files if not f.startswith(("kernels_numpy", "fd_stream"))]
if not options.viper:
    files = [f for f in files if not f.startswith(("viper_", "kernels_viper"))]
package("tinycl_rt", files=files)
