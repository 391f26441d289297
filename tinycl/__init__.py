"""tinycl: a microcontroller that keeps learning.

The host side: data, Larq models, conversion, compiler, simulator, serial link, reports and the
command line. What runs on the board is the package ``tinycl_rt``.
"""

from tinycl_rt.version import __version__

__all__ = ["__version__"]
