"""The loader's checks of operators: ValueError with the reason, before a kernel sees one."""

from array import array

from tinycl_rt import tcm
from tinycl_rt.model.graph import Operator

_KINDS = {
    tcm.CONV8: (tcm.PIXELS, tcm.BITS),
    tcm.BINARISE: (tcm.PIXELS, tcm.BITS),
    tcm.BCONV: (tcm.BITS, tcm.BITS),
    tcm.BPOOL: (tcm.BITS, tcm.BITS),
    tcm.SUM_POOL: (tcm.BITS, tcm.COUNTS),
}

# int8 weights times pixels of which a zero point is subtracted, -255..510, stay within int32.
_MAX_CONV8_TAPS = 0x7FFFFFFF // (128 * 510)


class Data:
    """The data section: blocks of it that lie inside.

    Parameters
    ----------
    source : tinycl_rt.model.source.Memory or File
    at, nbytes : int
        Where the section lies in the file.
    """

    def __init__(self, source, at, nbytes):
        self._source = source
        self._at = at
        self._nbytes = nbytes
        self._loaded = {}  # operators may share blocks

    def weights(self, code, offset, nbytes, name):
        """Weights of an operator with this opcode; None: it has none."""
        inside(offset, nbytes, self._nbytes, name)
        if not nbytes:
            return None
        return self._once(False, tcm.WEIGHTS[code], offset, nbytes)

    def table(self, kind, offset, nbytes, name):
        """Thresholds and the like: they stay in memory."""
        inside(offset, nbytes, self._nbytes, name)
        return self._once(True, kind, offset, nbytes) if nbytes else None

    def _once(self, stays, kind, offset, nbytes):
        block = stays, kind, offset, nbytes
        if block not in self._loaded:
            load = self._source.load if stays else self._source.weights
            self._loaded[block] = load(kind, self._at + offset, nbytes)
        return self._loaded[block]

    def check_bits(self, offset, nbytes, channels, name):
        """Words of packed weights must have no bits set behind their last channel."""
        if not channels % 32:
            return
        start = 0
        for piece in self._source.pieces(self._at + offset, nbytes):
            if has_stray_bits(piece, channels, start):
                raise ValueError("model: %s has weights behind its %d channels" % (name, channels))
            start += len(piece)


def operator(tensors, data, fields, name):
    """Check one row of the operator table.

    Parameters
    ----------
    tensors : list of Tensor
    data : Data
    fields : tuple of int
        The row; the numbers of its tensors have been checked.
    name : str
        What messages call it.

    Returns
    -------
    Operator

    Raises
    ------
    ValueError
        With the reason.
    """
    code, source, target, kh, kw, sh, sw, pt, pl, pad, zero, shift, w0, wn, t0, tn = fields
    x, y = tensors[source], tensors[target]
    kinds = _KINDS.get(code)
    if kinds is None or kinds != (x.dtype, y.dtype):
        raise ValueError("model: %s is unknown or of the wrong types" % name)
    if x.overlaps(y):
        raise ValueError("model: %s writes over its own input" % name)
    check_window(x.shape, y.shape, code, kh, kw, sh, sw, pt, pl, name)
    if (
        pad not in (0, 1, 2)
        or (pad == 2 and code != tcm.BCONV)
        or not -255 <= zero <= 255
        or not 0 <= shift <= 15
    ):
        raise ValueError("model: %s has padding %d, shift %d" % (name, pad, shift))
    oh, ow, oc = y.shape
    h, w, c = y.shape if code == tcm.BINARISE else x.shape  # it may see pixels as channels
    wanted_w, wanted_t = 0, 0
    if code == tcm.CONV8:
        wanted_w, wanted_t = oc * kh * kw * c, 4 * oc
    elif code == tcm.BCONV:
        wanted_w = oc * kh * kw * tcm.words(c)
        wanted_t = 4 * oc if pad != 2 else max(tn, 4 * (oh + ow + oc)) // 4 * 4
    elif code == tcm.BINARISE:
        wanted_t = 4 * oc
    elif code == tcm.BPOOL:
        wanted_t = tcm.words(oc)
    if wn != wanted_w or tn != wanted_t:
        raise ValueError("model: %s has %d weight, %d table bytes" % (name, wn, tn))
    if code == tcm.CONV8 and kh * kw * c > _MAX_CONV8_TAPS:
        raise ValueError("model: %s sums %d values, beyond int32" % (name, kh * kw * c))
    weights = data.weights(code, w0, wn, name)
    if code == tcm.BCONV:
        data.check_bits(w0, wn, c, name)
    table = data.table("B" if code == tcm.BPOOL else "i", t0, tn, name)
    if pad == 2:
        check_positions(table, oh, ow, oc, name)
    p = array("i", (h, w, c, kh, kw, sh, sw, pt, pl, oh, ow, oc, pad, zero, shift))
    return Operator(code, source, target, p, weights, table)


def inside(offset, nbytes, size, what):
    """A block must be aligned and lie inside its section, or the file."""
    if offset < 0 or nbytes < 0 or offset % 4 or offset + nbytes > size:
        raise ValueError("model: %s lies outside the file" % what)


def check_window(x, y, code, kh, kw, sh, sw, pt, pl, name):
    """Every window must start inside the padded image and touch the image."""
    h, w, c = x
    oh, ow, oc = y
    if code in (tcm.BINARISE, tcm.SUM_POOL):
        if code == tcm.BINARISE:
            fits = y in (x, (1, 1, h * w * c))
        else:
            fits = oc == c and oh <= h and ow <= w
        if not fits or (kh, kw, sh, sw, pt, pl) != (1, 1, 1, 1, 0, 0):
            raise ValueError("model: %s has shapes %r and %r" % (name, x, y))
        return
    if code == tcm.BPOOL and oc != c:
        raise ValueError("model: %s changes the number of channels" % name)
    for n, o, k, s, p in ((h, oh, kh, sh, pt), (w, ow, kw, sw, pl)):
        if not (0 < k <= 255 and 0 < s <= 255 and 0 <= p < k and (o - 1) * s - p < n):
            raise ValueError(
                "model: %s has a window of %d, stride %d, padding %d" % (name, k, s, p)
            )


def check_positions(table, oh, ow, oc, name):
    """Thresholds by position: every set must lie inside the table."""
    rows, columns = table[:oh], table[oh : oh + ow]
    if min(rows) < 0 or min(columns) < 0 or max(rows) + max(columns) + oc > len(table):
        raise ValueError("model: %s has thresholds outside its table" % name)


def has_stray_bits(weights, channels, start=0):
    """Whether a word of packed weights has bits set behind its last channel.

    ``weights`` may be a piece of them, from byte ``start`` on.
    """
    row = tcm.words(channels)
    for byte in range(channels >> 3, row):
        stray = 255 & ~((1 << (channels & 7)) - 1) if byte == channels >> 3 else 255
        for k in range((byte - start) % row, len(weights), row):
            if weights[k] & stray:
                return True
    return False
