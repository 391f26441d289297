"""Where the bytes of a compiled model come from: memory, or a file that is read piece by piece.

Basic example usage::

    from tinycl_rt.model.loader import Model
    from tinycl_rt.model.source import open_source

    model = Model(open_source("model.tcm"))
    print(model.source.place)        # "mapped", "heap" or "streamed"

Both sources answer the same calls, so that one loader checks and builds models from either.
"""

import gc

from tinycl_rt.model.file import File

__all__ = ["open_source"]


def open_source(path, room=None):
    """Open a model in the best way there is.

    In place where the file lies in memory-mapped flash; else whole in the heap if it takes no
    more than ``room``; else read layer by layer.

    Parameters
    ----------
    path : str
        OSError when there is no such file.
    room : int, optional
        Bytes that the file may take in the heap, 0: none. By default a third of what is free: a
        learner takes more than half. Without limit where Python does not know.

    Returns
    -------
    Memory or File
    """
    try:
        source = File(path)
    except OSError as e:
        raise OSError(e.args[0], "no model file " + path)  # noqa: B904
    if source.place == "mapped":
        return source
    if room is None:
        gc.collect()
        room = gc.mem_free() // 3 if hasattr(gc, "mem_free") else source.size
    if source.size > room:
        return source
    try:
        buffer = source.read(0, source.size)
    except MemoryError:  # there is no such piece
        return source
    source.close()
    from tinycl_rt.model.memory import Memory

    return Memory(buffer)
