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


def files(folder=""):
    """Paths of what boards get, from tinycl_rt's folder."""
    found = []
    for name in sorted(os.listdir("tinycl_rt/" + folder)):
        path = folder + name
        if name.endswith(".py"):
            found.append(path)
        elif "." not in name and name != "__pycache__":
            found += files(path + "/")
    # For computers alone; viper where it is asked for.
    left_out = ("kernels/numpy/", "link/fd_stream.py")
    if not options.viper:
        left_out += ("kernels/viper/",)
    return [path for path in found if not path.startswith(left_out)]


package("tinycl_rt", files=files())
