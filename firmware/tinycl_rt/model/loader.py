"""Load a compiled model (.tcm) and check everything before a kernel sees it.

Basic example usage::

    from tinycl_rt.model.loader import Model
    from tinycl_rt.model.source import open_source

    model = Model(open_source("model.tcm"))
    print(model.input_shape, model.latent_shape, model.features)
"""

import struct

from tinycl_rt import tcm
from tinycl_rt.lib.crc import crc32
from tinycl_rt.model.graph import Operator, Tensor
from tinycl_rt.model.source import Memory

__all__ = ["Model", "Operator", "Tensor"]


class Model:
    """A compiled model.

    Parameters
    ----------
    source : tinycl_rt.model.source.Memory, File, or bytes-like
        Of bytes: the whole file, kept and not copied, weights are views into it. Of a ``File``
        only what is small stays in memory: all is checked, weights come when ``fetch`` is called.

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

    def __init__(self, source):
        from tinycl_rt.model import checks  # of no use any more, once the model is there

        if not hasattr(source, "place"):
            source = Memory(source)
        self.source = source
        size = source.size
        if size < tcm.HEADER_BYTES:
            raise ValueError("model: file of %d bytes is shorter than its header" % size)
        head = struct.unpack(tcm.HEADER, source.read(0, tcm.HEADER_BYTES))
        magic, version, header_bytes, said, crc, self.fingerprint, self.bits_bytes = head[:7]
        n_tensors, n_operators, at_tensors, at_operators, at_data, data_bytes = head[7:13]
        if magic != tcm.MAGIC:
            raise ValueError("model: not a .tcm file, it starts with %r" % bytes(magic))
        if version != tcm.VERSION or header_bytes != tcm.HEADER_BYTES:
            raise ValueError(
                "model: version %d, this runtime reads %d: compile it anew, or update tinycl_rt"
                % (version, tcm.VERSION)
            )
        if said != size:
            raise ValueError(
                "model: header says %d bytes, file has %d: copy it again" % (said, size)
            )
        found = 0
        for piece in source.pieces(tcm.CRC_FROM, size - tcm.CRC_FROM):
            found = crc32(piece, found)
        if found != crc:
            raise ValueError("model: CRC is wrong, the file is damaged: copy it again")
        if not 2 <= n_tensors <= tcm.MAX_TENSORS or not 2 <= n_operators <= tcm.MAX_TENSORS:
            raise ValueError("model: %d tensors, %d operators" % (n_tensors, n_operators))
        checks.inside(at_tensors, n_tensors * tcm.TENSOR_BYTES, size, "tensor table")
        checks.inside(at_operators, n_operators * tcm.OPERATOR_BYTES, size, "operator table")
        checks.inside(at_data, data_bytes, size, "data section")
        checks.inside(head[13], head[14], size, "metadata")
        self.float_bytes = head[16]
        self.arena_bytes = self.bits_bytes + self.float_bytes
        self.nbytes = size
        self._text = head[13:15]
        self.tensors = [self._tensor(at_tensors + i * tcm.TENSOR_BYTES) for i in range(n_tensors)]
        room = sum(t.nbytes + 4 for t in self.tensors)
        if self.arena_bytes > room or self.float_bytes % 4:
            raise ValueError(
                "model: an arena of %d bytes is too large or uneven" % self.arena_bytes
            )
        data = checks.Data(source, at_data, data_bytes)
        self.operators = [
            self._operator(data, fields, "operator %d" % i)
            for i, fields in enumerate(self._rows(at_operators, n_operators))
        ]
        whole = self._check_order()
        self._check_ends()
        self.output = self._output(head[15], whole)
        source.settle(self.operators)

    @property
    def metadata(self):
        """UTF-8 JSON, for people and host tools."""
        return self.source.read(*self._text)

    def fetch(self, op):
        """Bring the weights of an operator into ``op.weights``; those of others may be lost.

        Nothing is to be done where all weights are in memory.
        """
        self.source.fetch(op)

    def _tensor(self, at):
        fields = struct.unpack(tcm.TENSOR, self.source.read(at, tcm.TENSOR_BYTES))
        dtype, _, h, w, c, offset, nbytes = fields
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

    def _rows(self, at, n):
        for i in range(n):
            row = self.source.read(at + i * tcm.OPERATOR_BYTES, tcm.OPERATOR_BYTES)
            yield struct.unpack(tcm.OPERATOR, row)

    def _operator(self, data, fields, name):
        """Check a row with the code for its kind of operator; few models need more than one."""
        code, source, target = fields[:3]
        n = len(self.tensors)
        if not (0 <= source < n and 0 < target < n):
            raise ValueError("model: %s names tensors %d, %d" % (name, source, target))
        if code >= tcm.TAKE:
            from tinycl_rt.model import channels

            return channels.operator(self.tensors, fields, name)
        if code >= tcm.FLOAT_BCONV:
            from tinycl_rt.model import float_checks

            return float_checks.operator(self.tensors, data, fields, name)
        from tinycl_rt.model import checks

        return checks.operator(self.tensors, data, fields, name)

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
        if last.code != tcm.SUM_POOL:
            raise ValueError("model: the last operator must count latent bits")
        for op in self.operators[:-1]:
            if op.code == tcm.SUM_POOL or self.tensors[op.target].offset is None:
                raise ValueError("model: only the last operator may leave the arena")
        latent = self.tensors[last.source]
        self.input_shape, self.input_bytes = first.shape, first.nbytes
        self.latent_shape, self.latent_bytes = latent.shape, latent.nbytes
        self.features = self.tensors[last.target].nbytes
        if self.features > tcm.MAX_FEATURES:
            raise ValueError("model: %d features, more than a head takes" % self.features)
        rows, columns, _ = self.tensors[last.target].shape
        *_, shift = last.p
        h, w, _ = latent.shape
        cell = -(-h // rows) * -(-w // columns)
        self.feature_range = -(-cell >> shift)
        if not 0 < self.feature_range <= 127:
            raise ValueError("model: cells of %d values do not fit int8 features" % cell)
