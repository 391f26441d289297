"""Read a compiled model (.tcm): every number is checked before a kernel sees it."""

import struct

from tinycl_rt import tcm
from tinycl_rt.lib.crc import crc32
from tinycl_rt.model import checks
from tinycl_rt.model.graph import Tensor

__all__ = ["parse"]


def parse(model, source):
    """Fill a model from a file, and check everything.

    Parameters
    ----------
    model : Model
    source : Memory, File, or bytes-like

    Raises
    ------
    ValueError
    With the reason.
    """
    if not hasattr(source, "place"):
        from tinycl_rt.model.memory import Memory

        source = Memory(source)
    model.source = source
    size = source.size
    if size < tcm.HEADER_BYTES:
        raise ValueError("model: file of %d bytes is shorter than its header" % size)
    head = struct.unpack(tcm.HEADER, source.read(0, tcm.HEADER_BYTES))
    magic, version, header_bytes, said, crc, model.fingerprint, model.bits_bytes = head[:7]
    n_tensors, n_operators, at_tensors, at_operators, at_data, data_bytes = head[7:13]
    if magic != tcm.MAGIC:
        raise ValueError("model: not a .tcm file, it starts with %r" % bytes(magic))
    if version != tcm.VERSION:
        raise ValueError(
            "model: version %d, this runtime reads %d: compile it anew, or update tinycl_rt"
            % (version, tcm.VERSION)
        )
    if header_bytes != tcm.HEADER_BYTES:
        raise ValueError("model: its header is damaged: copy it again")
    if said != size:
        raise ValueError("model: header says %d bytes, file has %d: copy it again" % (said, size))
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
    model.float_bytes = head[16]
    model.arena_bytes = model.bits_bytes + model.float_bytes
    model.nbytes = size
    model._text = head[13:15]
    model.tensors = [
        _tensor(model, source, at_tensors + i * tcm.TENSOR_BYTES) for i in range(n_tensors)
    ]
    room = sum(t.nbytes + 4 for t in model.tensors)
    if model.arena_bytes > room or model.float_bytes % 4:
        raise ValueError("model: an arena of %d bytes is too large or uneven" % model.arena_bytes)
    data = checks.Data(source, at_data, data_bytes)
    model.operators = [
        _operator(model, data, fields, "operator %d" % i)
        for i, fields in enumerate(_rows(source, at_operators, n_operators))
    ]
    whole = _check_order(model)
    _check_ends(model)
    model.output = _output(model, head[15], whole)
    source.settle(model.operators)


def _tensor(model, source, at):
    fields = struct.unpack(tcm.TENSOR, source.read(at, tcm.TENSOR_BYTES))
    dtype, _, h, w, c, offset, nbytes = fields
    if dtype > tcm.FLOAT32:
        raise ValueError("model: tensor type %d is unknown" % dtype)
    if not (0 < h <= tcm.MAX_SIDE and 0 < w <= tcm.MAX_SIDE and 0 < c <= tcm.MAX_CHANNELS):
        raise ValueError("model: tensor of %d x %d x %d" % (h, w, c))
    if nbytes != tcm.tensor_bytes(dtype, h, w, c):
        raise ValueError("model: tensor of %d x %d x %d has %d bytes" % (h, w, c, nbytes))
    arena = model.float_bytes if dtype == tcm.FLOAT32 else model.bits_bytes
    if offset != tcm.EXTERNAL and (offset % 4 or offset + nbytes > arena):
        raise ValueError("model: tensor outside the arena of %d bytes" % arena)
    return Tensor(dtype, h, w, c, offset, nbytes)


def _rows(source, at, n):
    for i in range(n):
        row = source.read(at + i * tcm.OPERATOR_BYTES, tcm.OPERATOR_BYTES)
        yield struct.unpack(tcm.OPERATOR, row)


def _operator(model, data, fields, name):
    """Check a row with the code for its kind of operator; few models need more than one."""
    code, source, target = fields[:3]
    n = len(model.tensors)
    if not (0 <= source < n and 0 < target < n):
        raise ValueError("model: %s names tensors %d, %d" % (name, source, target))
    if code >= tcm.TAKE:
        from tinycl_rt.model import channels

        return channels.operator(model.tensors, fields, name)
    if code >= tcm.FLOAT_BCONV:
        from tinycl_rt.model import float_checks

        return float_checks.operator(model.tensors, data, fields, name)
    return checks.operator(model.tensors, data, fields, name)


def _check_order(model):
    """What is read was written before and not overwritten since; which tensors are left."""
    whole = [False] * len(model.tensors)
    written = [False] * len(model.tensors)
    whole[0] = written[0] = True
    for i, op in enumerate(model.operators):
        if not whole[op.source] or not whole[op.other] or written[op.target]:
            raise ValueError("model: operator %d reads or writes in the wrong order" % i)
        target = model.tensors[op.target]
        for k, tensor in enumerate(model.tensors):
            if whole[k] and tensor.overlaps(target):
                whole[k] = False
        whole[op.target] = written[op.target] = True
    return whole


def _output(model, index, whole):
    if not index:
        return None
    if index >= len(whole) or not whole[index] or model.tensors[index].dtype != tcm.FLOAT32:
        raise ValueError("model: tensor %d holds no float outputs" % index)
    return index


def _check_ends(model):
    first, last = model.tensors[0], model.operators[-1]
    if first.dtype != tcm.PIXELS or first.offset is not None:
        raise ValueError("model: tensor 0 must be the caller's pixels")
    if last.code != tcm.SUM_POOL:
        raise ValueError("model: the last operator must count latent bits")
    for op in model.operators[:-1]:
        if op.code == tcm.SUM_POOL or model.tensors[op.target].offset is None:
            raise ValueError("model: only the last operator may leave the arena")
    latent = model.tensors[last.source]
    model.input_shape, model.input_bytes = first.shape, first.nbytes
    model.latent_shape, model.latent_bytes = latent.shape, latent.nbytes
    model.features = model.tensors[last.target].nbytes
    if model.features > tcm.MAX_FEATURES:
        raise ValueError("model: %d features, more than a head takes" % model.features)
    h, w, _ = latent.shape
    rows, columns, _ = model.tensors[last.target].shape
    *_, shift = last.p
    cell = -(-h // rows) * -(-w // columns)
    model.feature_range = -(-cell >> shift)
    if not 0 < model.feature_range <= 127:
        raise ValueError("model: cells of %d values do not fit int8 features" % cell)
