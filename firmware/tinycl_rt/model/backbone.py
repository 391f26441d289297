"""Run the binary network: pixels to latent bits, latent bits to features."""

from array import array

from tinycl_rt import tcm

try:
    from micropython import const
except ImportError:  # CPython
    const = int

# Places in the geometry `p` of an operator.
_SHIFT = const(14)


class Backbone:
    """A model with its activation memory and a kernel set.

    One arena holds all bits, another all floats, allocated once; a call allocates nothing.

    Parameters
    ----------
    model : Model
    kernels : module
        A kernel set, see ``tinycl_rt.kernels.choose``.

    Attributes
    ----------
    latent : memoryview
        Where ``run`` leaves its result.
    output : memoryview of floats, or None
        Where it leaves the float outputs of a model that has them.
    cells : array('i')
        Geometry of ``sum_pool``.
    """

    def __init__(self, model, kernels):
        self.model = model
        self._k = kernels
        self._fetch = model.source.fetch  # bound once: a call is to allocate nothing
        self._views = _views(model)
        widest = max(t.shape[2] for t in model.tensors)
        self._acc = array("i", bytes(4 * widest))
        self._last = model.operators[-1]
        self.cells = array("i", self._last.p)
        self.stop()
        self.output = None if model.output is None else self._views[model.output]
        if model.float_bytes:  # only such models need the code
            from tinycl_rt.kernels import choose
            from tinycl_rt.model.float_ops import step

            self._step, self._real = step, choose.floats(kernels)
        if any(op.code >= tcm.TAKE for op in model.operators):
            from tinycl_rt.model.channels import step as move

            self._move = move

    def stop(self, index=-1):
        """Let ``run`` end before an operator, whose input is the latent; else before the last."""
        self._operators = self.model.operators[:index]
        self.latent = self._views[self.model.operators[index].source]

    def run(self, pixels):
        """Pixels to latent bits.

        Parameters
        ----------
        pixels : bytes-like
            uint8, rows, columns, channels: ``model.input_bytes`` of them.

        Returns
        -------
        memoryview
            Packed bits of the latent layer, valid until the next call.

        Raises
        ------
        ValueError
            Another number of pixels.
        """
        if len(pixels) != self.model.input_bytes:
            raise ValueError(
                "expected %d pixels (%d x %d x %d), got %d"
                % ((self.model.input_bytes,) + self.model.input_shape + (len(pixels),))
            )
        k, acc, views = self._k, self._acc, self._views
        fetch = self._fetch  # four at once would make a tuple
        views[0] = pixels
        for op in self._operators:
            x, y = views[op.source], views[op.target]
            if op.at:
                fetch(op)
            if op.code == tcm.BCONV:
                k.bconv(op.p, x, op.weights, op.table, y, acc)
            elif op.code == tcm.BPOOL:
                k.bpool(op.p, x, op.table, y)
            elif op.code == tcm.CONV8:
                k.conv8(op.p, x, op.weights, op.table, y, acc)
            elif op.code == tcm.BINARISE:
                k.binarise(op.p, x, op.table, y)
            elif op.code >= tcm.TAKE:
                self._move(op, x, views[op.other], y)
            else:
                self._step(self._real, op, x, views[op.other], y, acc)
        views[0] = None
        return self.latent

    def narrow(self, limit):
        """Halve the features until none exceeds ``limit``; returns the largest that is left."""
        shift, top = self._last.p[_SHIFT], self.model.feature_range
        while top > limit:
            top = (top + 1) >> 1
            shift += 1
        self.cells[_SHIFT] = shift
        return top

    def count(self, latent, features):
        """Latent bits to the head's features, an ``array('b')`` of ``model.features``."""
        self._k.sum_pool(self.cells, latent, features)


def _views(model):
    """Memory of every tensor; None for the caller's."""
    bits = memoryview(bytearray(model.bits_bytes))
    floats = memoryview(array("f", bytes(model.float_bytes))) if model.float_bytes else None
    views = []
    for t in model.tensors:
        if t.offset is None:
            views.append(None)
        elif t.dtype == tcm.FLOAT32:
            views.append(floats[t.offset // 4 : (t.offset + t.nbytes) // 4])
        else:
            views.append(bits[t.offset : t.offset + t.nbytes])
    return views
