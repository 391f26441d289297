"""A compiled model that lies in memory as a whole."""

from array import array

__all__ = ["Memory"]


class Memory:
    """A model that lies in memory as a whole; its weights are used where they are.

    Parameters
    ----------
    buffer : bytes-like
        The file. It is kept and not copied.
    """

    place = "heap"

    def __init__(self, buffer):
        self._view = memoryview(buffer)
        self.size = self.resident = len(self._view)

    def read(self, at, nbytes):
        """A few bytes."""
        return self._view[at : at + nbytes]

    def pieces(self, at, nbytes):
        """All of these bytes, in pieces that are valid until the next one."""
        return (self._view[at : at + nbytes],)

    def load(self, kind, at, nbytes):
        """An array of these bytes that stays: ``kind`` "B", "b", "i" or "f"."""
        view = self._view[at : at + nbytes]
        if kind == "B":
            return view
        if kind == "f" and hasattr(view, "cast"):
            return view.cast("f")
        return array(kind, bytes(view))

    weights = load

    def settle(self, operators):
        """All operators are known."""

    def fetch(self, op):
        """Bring the weights of one operator into its ``weights``."""

    def open(self, path):
        """Go on with a file of the same content."""

    def close(self):
        """Let go of the file."""
