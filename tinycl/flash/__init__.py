"""From a box to a learning board: find it, choose its kernels, copy, verify, restart it.

One concept a file: ``find`` and ``drive`` (what is plugged in), ``repl`` (a board at its raw
REPL), ``identity`` (what it is), ``native`` and ``kernels`` (which kernels it gets), ``compiler``,
``plan`` (what belongs on it), ``deploy`` (copies what differs), ``session`` (all of it),
``firmware`` (what lies below).
"""
