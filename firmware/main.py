"""Runs at power-on under MicroPython: learn and predict for a host until it says goodbye.

After goodbye the REPL is back; Ctrl-D starts this file again. Keep your own program in another
file, or put it here and use ``Learner`` or ``Service.poll_once`` in your loop.
"""

from tinycl_rt.service import serve

serve()
