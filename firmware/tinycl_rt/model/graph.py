"""What a compiled model consists of: tensors, and operators between them."""

from tinycl_rt import tcm


class Tensor:
    """One activation: type, shape and its place in its arena (None for the caller's buffer)."""

    def __init__(self, dtype, h, w, c, offset, nbytes):
        self.dtype = dtype
        self.shape = (h, w, c)
        self.offset = None if offset == tcm.EXTERNAL else offset
        self.nbytes = nbytes

    def overlaps(self, other):
        """Whether the two share memory."""
        if self.offset is None or other.offset is None:
            return False
        if (self.dtype == tcm.FLOAT32) != (other.dtype == tcm.FLOAT32):
            return False
        return (
            self.offset < other.offset + other.nbytes and other.offset < self.offset + self.nbytes
        )


class Operator:
    """One step of the graph with its kernel arguments.

    ``p`` is the geometry that kernels take (``reference.core``), ``weights`` bytes or an array,
    ``table`` thresholds (``array('i')``) or the pooling mask (memoryview). Real-valued operators
    have floats for both, and ``other`` is their second input, or 0. Where ``at`` is not 0 the
    weights are at this place of the file, and there only after ``Model.fetch``.
    """

    def __init__(self, code, source, target, p, weights, table, other=0):
        self.code = code
        self.source = source
        self.other = other
        self.target = target
        self.p = p
        self.weights = weights
        self.table = table
        self.at = 0
