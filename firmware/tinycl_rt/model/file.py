"""A compiled model in a file, which is read piece by piece."""

from array import array

from tinycl_rt import tcm

__all__ = ["File"]

_ITEM = {"B": 1, "b": 1, "i": 4, "f": 4}


class File:
    """A model in a file: weights stay there until they are needed.

    Where the file lies in memory-mapped flash (ROMFS), bits and tables of bytes are used in place.
    What cannot be goes through one buffer for each type of weights, as large as the largest
    operator's; an operator whose weights are still there is not read again.

    Parameters
    ----------
    path : str or binary file
        It stays open.

    Attributes
    ----------
    piece : int
        Bytes read at once while the file is checked.
    place : str
        "mapped" or "streamed".
    resident : int
        Bytes of the buffers.
    reads, read_bytes : int
        What ``fetch`` read so far.
    """

    piece = 512

    def __init__(self, path):
        self.resident = self.reads = self.read_bytes = 0
        self._held = {}
        self.open(path)
        self.place = "streamed" if self._view is None else "mapped"

    def open(self, path):
        """Go on with a file of the same content."""
        self._file = open(path, "rb", 0) if isinstance(path, str) else path
        self.size = self._file.seek(0, 2)
        try:
            self._view = memoryview(self._file)
        except TypeError:  # its bytes have no address
            self._view = None

    def read(self, at, nbytes):
        """A few bytes."""
        return self._fill(bytearray(nbytes), at, nbytes)

    def pieces(self, at, nbytes):
        """All of these bytes, in pieces that are valid until the next one."""
        if self._view is not None:
            yield self._view[at : at + nbytes]
            return
        piece = memoryview(bytearray(min(nbytes, self.piece)))
        end = at + nbytes
        while at < end:
            count = min(end - at, self.piece)
            yield self._fill(piece[:count], at, count)
            at += count

    def load(self, kind, at, nbytes):
        """An array of these bytes that stays: ``kind`` "B", "b", "i" or "f"."""
        if kind == "B" and self._view is not None:
            return self._view[at : at + nbytes]
        return self._fill(_zeros(kind, nbytes), at, nbytes)

    def weights(self, kind, at, nbytes):
        """What ``settle`` makes weights of."""
        if kind == "B" and self._view is not None:
            return self._view[at : at + nbytes]
        return kind, at, nbytes

    def settle(self, operators):
        """All operators are known: make the buffers, and give each operator its view."""
        streamed = [op for op in operators if isinstance(op.weights, tuple)]
        sizes = {}
        for op in streamed:
            kind, op.at, nbytes = op.weights
            sizes[kind] = max(nbytes, sizes.get(kind, 0))
        buffers = {}
        for kind, nbytes in sizes.items():
            buffers[kind] = memoryview(_zeros(kind, nbytes))
            self._held[kind] = None
        for op in streamed:
            kind, _, nbytes = op.weights
            op.weights = buffers[kind][: nbytes // _ITEM[kind]]
        self.resident = sum(sizes.values())

    def fetch(self, op):
        """Bring the weights of one operator into its ``weights``; allocates nothing.

        Raises
        ------
        OSError
            The file cannot be read.
        ValueError
            It ended early.
        """
        if not op.at:
            return
        kind = tcm.WEIGHTS[op.code]
        if self._held[kind] is op:
            return
        self._held[kind] = None
        nbytes = len(op.weights) * _ITEM[kind]
        self._fill(op.weights, op.at, nbytes)
        self._held[kind] = op
        self.reads += 1
        self.read_bytes += nbytes

    def close(self):
        """Let go of the file; ``open`` takes it up again."""
        self._file.close()

    def _fill(self, target, at, nbytes):
        self._file.seek(at)
        if self._file.readinto(target) != nbytes:
            raise ValueError("model: the file ended early")
        return target


def _zeros(kind, nbytes):
    return bytearray(nbytes) if kind == "B" else array(kind, bytes(nbytes))
