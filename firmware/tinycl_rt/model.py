"""Load a compiled model (.tcm) and check everything before a kernel sees it.

Basic example usage::

    from tinycl_rt.model import Model

    with open("model.tcm", "rb") as f:
        model = Model(f.read())
    print(model.input_shape, model.latent_shape, model.features)
"""

import struct
from array import array

from tinycl_rt import tcm
from tinycl_rt.crc import crc32


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

    ``p`` is the geometry that kernels take (see ``kernels_ref``), ``weights`` a memoryview into
    the model file, ``table`` thresholds (``array('i')``) or the pooling mask (memoryview).
    Real-valued operators have floats for both, and ``other`` is their second input, or 0.
    """

    def __init__(self, code, source, target, p, weights, table, other=0):
        self.code = code
        self.source = source
        self.other = other
        self.target = target
        self.p = p
        self.weights = weights
        self.table = table


class Model:
    """A compiled model, read in place.

    Parameters
    ----------
    buffer : bytes-like
        The whole file. It is kept and not copied: weights are views into it.

    Raises
    ------
    ValueError
        With the reason, when the file is damaged, of another version, or inconsistent.

    Attributes
    ----------
    input_shape, latent_shape : tuple of int
        Rows, columns, channels.
    input_bytes, latent_bytes : int
    arena_bytes, float_bytes : int
        Memory of all activations, and how much of it holds floats.
    output : int or None
        The tensor with the float outputs, of a model that was compiled with them.
    features : int
        Length of the int8 vector that the head sees.
    feature_range : int
        Largest absolute value of a feature.
    fingerprint : bytes
        8 bytes that name the model; states of other models are refused by it.
    """

    def __init__(self, buffer):
        view = memoryview(buffer)
        if len(view) < tcm.HEADER_BYTES:
            raise ValueError("model: file of %d bytes is shorter than its header" % len(view))
        head = struct.unpack(tcm.HEADER, view[: tcm.HEADER_BYTES])
        magic, version, header_bytes, size, crc, self.fingerprint, self.bits_bytes = head[:7]
        n_tensors, n_operators, at_tensors, at_operators, at_data, data_bytes = head[7:13]
        if magic != tcm.MAGIC:
            raise ValueError("model: not a .tcm file, it starts with %r" % bytes(magic))
        if version != tcm.VERSION or header_bytes != tcm.HEADER_BYTES:
            raise ValueError("model: version %d, this runtime reads %d" % (version, tcm.VERSION))
        if size != len(view):
            raise ValueError("model: header says %d bytes, file has %d" % (size, len(view)))
        if crc32(view[tcm.CRC_FROM :]) != crc:
            raise ValueError("model: CRC is wrong, the file is damaged")
        if not 2 <= n_tensors <= tcm.MAX_TENSORS or not 2 <= n_operators <= tcm.MAX_TENSORS:
            raise ValueError("model: %d tensors, %d operators" % (n_tensors, n_operators))
        _inside(at_tensors, n_tensors * tcm.TENSOR_BYTES, size, "tensor table")
        _inside(at_operators, n_operators * tcm.OPERATOR_BYTES, size, "operator table")
        _inside(at_data, data_bytes, size, "data section")
        _inside(head[13], head[14], size, "metadata")
        self.float_bytes = head[16]
        self.arena_bytes = self.bits_bytes + self.float_bytes
        self.nbytes = size
        self.metadata = view[head[13] : head[13] + head[14]]
        self._data = view[at_data : at_data + data_bytes]
        self.tensors = [
            self._tensor(view, at_tensors + i * tcm.TENSOR_BYTES) for i in range(n_tensors)
        ]
        room = sum(t.nbytes + 4 for t in self.tensors)
        if self.arena_bytes > room or self.float_bytes % 4:
            raise ValueError(
                "model: an arena of %d bytes is too large or uneven" % self.arena_bytes
            )
        self.operators = [
            self._operator(view, at_operators + i * tcm.OPERATOR_BYTES, i)
            for i in range(n_operators)
        ]
        whole = self._check_order()
        self._check_ends()
        self.output = self._output(head[15], whole)

    def _tensor(self, view, at):
        dtype, _, h, w, c, offset, nbytes = struct.unpack(
            tcm.TENSOR, view[at : at + tcm.TENSOR_BYTES]
        )
        if dtype > tcm.FLOAT32:
            raise ValueError("model: tensor type %d is unknown" % dtype)
        if not (0 < h <= tcm.MAX_SIDE and 0 < w <= tcm.MAX_SIDE and 0 < c <= tcm.MAX_CHANNELS):
            raise ValueError("model: tensor of %d x %d x %d" % (h, w, c))
        if nbytes != tcm.tensor_bytes(dtype, h, w, c):
            raise ValueError("model: tensor of %d x %d x %d has %d bytes" % (h, w, c, nbytes))
        arena = self.float_bytes if dtype == tcm.FLOAT32 else self.bits_bytes
        if offset != tcm.EXTERNAL and (offset % 4 or offset + nbytes > arena):
            raise ValueError("model: tensor outside the arena of %d bytes" % arena)
        return Tensor(dtype, h, w, c, offset, nbytes)

    def _operator(self, view, at, index):
        fields = struct.unpack(tcm.OPERATOR, view[at : at + tcm.OPERATOR_BYTES])
        code, source, target, kh, kw, sh, sw, pt, pl, pad, zero, shift, w0, wn, t0, tn = fields
        name = "operator %d" % index
        if not (0 <= source < len(self.tensors) and 0 < target < len(self.tensors)):
            raise ValueError("model: %s names tensors %d, %d" % (name, source, target))
        x, y = self.tensors[source], self.tensors[target]
        if code >= tcm.FLOAT_BCONV:
            from tinycl_rt import float_checks  # only such models need it

            return float_checks.operator(self.tensors, self._data, fields, name)
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
        h, w, c = x.shape
        oh, ow, oc = y.shape
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
        weights = block(self._data, w0, wn, name)
        table = block(self._data, t0, tn, name)
        if code == tcm.CONV8:
            if kh * kw * c > _MAX_CONV8_TAPS:
                raise ValueError("model: %s sums %d values, beyond int32" % (name, kh * kw * c))
            weights = array("b", bytes(weights))
        elif code == tcm.BCONV and has_stray_bits(weights, c):
            raise ValueError("model: %s has weights behind its %d channels" % (name, c))
        if code not in (tcm.BPOOL, tcm.COUNT):
            table = array("i", bytes(table))
        if pad == 2:
            check_positions(table, oh, ow, oc, name)
        p = array("i", (h, w, c, kh, kw, sh, sw, pt, pl, oh, ow, oc, pad, zero, shift))
        return Operator(code, source, target, p, weights, table)

    def _check_order(self):
        """What is read was written before and not overwritten since; which tensors are left."""
        whole = [False] * len(self.tensors)
        written = [False] * len(self.tensors)
        whole[0] = written[0] = True
        for i, op in enumerate(self.operators):
            if not whole[op.source] or not whole[op.other] or written[op.target]:
                raise ValueError("model: operator %d reads or writes in the wrong order" % i)
            target = self.tensors[op.target]
            for k, tensor in enumerate(self.tensors):
                if whole[k] and tensor.overlaps(target):
                    whole[k] = False
            whole[op.target] = written[op.target] = True
        return whole

    def _output(self, index, whole):
        if not index:
            return None
        if index >= len(whole) or not whole[index] or self.tensors[index].dtype != tcm.FLOAT32:
            raise ValueError("model: tensor %d holds no float outputs" % index)
        return index

    def _check_ends(self):
        first, last = self.tensors[0], self.operators[-1]
        if first.dtype != tcm.PIXELS or first.offset is not None:
            raise ValueError("model: tensor 0 must be the caller's pixels")
        if last.code != tcm.COUNT:
            raise ValueError("model: the last operator must count latent bits")
        for op in self.operators[:-1]:
            if op.code == tcm.COUNT or self.tensors[op.target].offset is None:
                raise ValueError("model: only the last operator may leave the arena")
        latent = self.tensors[last.source]
        self.input_shape, self.input_bytes = first.shape, first.nbytes
        self.latent_shape, self.latent_bytes = latent.shape, latent.nbytes
        self.features = self.tensors[last.target].nbytes
        if self.features > tcm.MAX_FEATURES:
            raise ValueError("model: %d features, more than a head takes" % self.features)
        h, w, _ = latent.shape
        cell = -(-h // last.p[9]) * -(-w // last.p[10])
        self.feature_range = -(-cell >> last.p[14])
        if not 0 < self.feature_range <= 127:
            raise ValueError("model: cells of %d values do not fit int8 features" % cell)


_KINDS = {
    tcm.CONV8: (tcm.PIXELS, tcm.BITS),
    tcm.BINARISE: (tcm.PIXELS, tcm.BITS),
    tcm.BCONV: (tcm.BITS, tcm.BITS),
    tcm.BPOOL: (tcm.BITS, tcm.BITS),
    tcm.COUNT: (tcm.BITS, tcm.COUNTS),
}


# int8 weights times pixels of which a zero point is subtracted, -255..510, stay within int32.
_MAX_CONV8_TAPS = 0x7FFFFFFF // (128 * 510)


def check_positions(table, oh, ow, oc, name):
    """Thresholds by position: every set must lie inside the table."""
    rows, columns = table[:oh], table[oh : oh + ow]
    if min(rows) < 0 or min(columns) < 0 or max(rows) + max(columns) + oc > len(table):
        raise ValueError("model: %s has thresholds outside its table" % name)


def has_stray_bits(weights, channels):
    """Whether a word of packed weights has bits set behind its last channel."""
    row = tcm.words(channels)
    for byte in range(channels >> 3, row):
        stray = 255 & ~((1 << (channels & 7)) - 1) if byte == channels >> 3 else 255
        for k in range(byte, len(weights), row):
            if weights[k] & stray:
                return True
    return False


def _inside(offset, nbytes, size, what):
    if offset < 0 or nbytes < 0 or offset % 4 or offset + nbytes > size:
        raise ValueError("model: %s lies outside the file" % what)


def block(data, offset, nbytes, name):
    """A piece of the data section."""
    _inside(offset, nbytes, len(data), name)
    return data[offset : offset + nbytes]


def check_window(x, y, code, kh, kw, sh, sw, pt, pl, name):
    """Every window must start inside the padded image and touch the image."""
    h, w, c = x
    oh, ow, oc = y
    if code in (tcm.BINARISE, tcm.COUNT):
        same = oc == c and (x == y if code == tcm.BINARISE else oh <= h and ow <= w)
        if not same or (kh, kw, sh, sw, pt, pl) != (1, 1, 1, 1, 0, 0):
            raise ValueError("model: %s has shapes %r and %r" % (name, x, y))
        return
    if code == tcm.BPOOL and oc != c:
        raise ValueError("model: %s changes the number of channels" % name)
    for n, o, k, s, p in ((h, oh, kh, sh, pt), (w, ow, kw, sw, pl)):
        if not (0 < k <= 255 and 0 < s <= 255 and 0 <= p < k and (o - 1) * s - p < n):
            raise ValueError(
                "model: %s has a window of %d, stride %d, padding %d" % (name, k, s, p)
            )
