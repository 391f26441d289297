"""Runs at power-on under MicroPython: learn and predict for a host until it says goodbye.

After goodbye the REPL is back; Ctrl-D starts this file again. Keep your own program in another
file, or put it here and use ``Learner`` or ``Service.poll_once`` in your loop.
"""

import gc

if hasattr(gc, "threshold"):
    # Collect often: what stays lies close together, and leaves one large piece for the learner.
    gc.threshold(4096)

from tinycl_rt.service.service import serve

serve()
