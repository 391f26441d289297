"""The loader's checks of real-valued operators."""

from array import array

from tinycl_rt import tcm
from tinycl_rt.model.checks import check_window
from tinycl_rt.model.graph import Operator

_B, _F, _P = tcm.BITS, tcm.FLOAT32, tcm.PIXELS
_KINDS = {
    tcm.FLOAT_BCONV: (_B, _F),
    tcm.FLOAT_SIGN: (_F, _B),
    tcm.FLOAT_BITS: (_B, _F),
    tcm.FLOAT_PIXELS: (_P, _F),
}
_WINDOWED = (
    tcm.FLOAT_BCONV,
    tcm.FLOAT_CONV,
    tcm.FLOAT_DEPTHWISE,
    tcm.FLOAT_MAX,
    tcm.FLOAT_MEAN,
)
_ACTIVATED = _WINDOWED + (tcm.FLOAT_COMBINE, tcm.FLOAT_SCALE)


def operator(tensors, data, fields, name):
    """Check one row of the operator table.

    Parameters
    ----------
    tensors : list of Tensor
    data : tinycl_rt.model.checks.Data
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
    if code > tcm.FLOAT_SOFTMAX or _KINDS.get(code, (_F, _F)) != (x.dtype, y.dtype):
        raise ValueError("model: %s is unknown or of the wrong types" % name)
    _check_numbers(code, pad, zero, shift, len(tensors), name)
    other = zero if code == tcm.FLOAT_COMBINE else 0
    _check_places(code, tensors, source, other, y, name)
    _check_shapes(code, x.shape, y.shape, (kh, kw, sh, sw, pt, pl), name)
    if other and (tensors[other].dtype != _F or tensors[other].shape != x.shape):
        raise ValueError("model: %s combines different shapes" % name)
    (h, w, c), (oh, ow, oc) = x.shape, y.shape
    wanted_w, wanted_t = 0, (0,)
    if code == tcm.FLOAT_BCONV:
        wanted_w, wanted_t = oc * kh * kw * tcm.words(c), (8 * oc,)
        if pad == 2:
            wanted_t = (max(tn, 4 * (oh + ow + 3 * oc)) // 4 * 4,)
    elif code == tcm.FLOAT_CONV:
        wanted_w, wanted_t = 4 * oc * kh * kw * c, (4 * oc,)
    elif code == tcm.FLOAT_DEPTHWISE:
        wanted_w, wanted_t = 4 * kh * kw * oc, (4 * oc,)
    elif code == tcm.FLOAT_SCALE:
        wanted_t = (4, 4 * oc)
    if wn != wanted_w or tn not in wanted_t:
        raise ValueError("model: %s has %d weight, %d table bytes" % (name, wn, tn))
    weights = data.weights(code, w0, wn, name)
    if code == tcm.FLOAT_BCONV:
        data.check_bits(w0, wn, c, name)
    table = data.table("f", t0, tn, name)
    if pad == 2 and code == tcm.FLOAT_BCONV:
        _check_corrections(table, oh, ow, oc, name)
    p = array("i", (h, w, c, kh, kw, sh, sw, pt, pl, oh, ow, oc, pad, 0, shift))
    return Operator(code, source, target, p, weights, table, other)


def _check_numbers(code, pad, zero, shift, n_tensors, name):
    if code == tcm.FLOAT_BCONV:
        right = pad in (1, 2)
    elif code in (tcm.FLOAT_COMBINE, tcm.FLOAT_SCALE):
        right = 0 <= pad < len(tcm.FUNCTIONS)
    else:
        right = pad == 0
    activations = len(tcm.ACTIVATIONS) if code in _ACTIVATED else 1
    if not right or not 0 <= shift < activations:
        raise ValueError("model: %s has padding %d, shift %d" % (name, pad, shift))
    if code == tcm.FLOAT_COMBINE and not 0 < zero < n_tensors:
        raise ValueError("model: %s has no second input" % name)


def _check_places(code, tensors, source, other, y, name):
    """Only elementwise operators may write where they read, at the very same place."""
    for index in (source, other):
        x = tensors[index]
        in_place = code in tcm.IN_PLACE and x.offset == y.offset and x.shape == y.shape
        if x.overlaps(y) and not in_place:
            raise ValueError("model: %s writes over its own input" % name)


def _check_shapes(code, x, y, window, name):
    if code in _WINDOWED:
        check_window(x, y, code, *(window + (name,)))
        same = y[2] == x[2]
        if code in (tcm.FLOAT_MAX, tcm.FLOAT_MEAN) and not same:
            raise ValueError("model: %s changes the number of channels" % name)
        if code == tcm.FLOAT_DEPTHWISE and y[2] % x[2]:
            raise ValueError("model: %s makes %d channels of %d" % (name, y[2], x[2]))
        return
    right = window == (1, 1, 1, 1, 0, 0) and x == y
    if code == tcm.FLOAT_PAD:
        top, left = window[4:]
        right = window[:4] == (1, 1, 1, 1) and x[2] == y[2] and top >= 0 and left >= 0
        right = right and top + x[0] <= y[0] and left + x[1] <= y[1]
    if not right:
        raise ValueError("model: %s has shapes %r and %r" % (name, x, y))


def _check_corrections(table, oh, ow, oc, name):
    """The set of every position lies inside the table; places are whole numbers."""
    places = [table[i] for i in range(2 * oc, 2 * oc + oh + ow)]
    for v in places:
        if not 0 <= v < 1 << 24 or v != int(v):
            raise ValueError("model: %s has corrections outside its table" % name)
    if max(places[:oh]) + max(places[oh:]) + oc > len(table):
        raise ValueError("model: %s has corrections outside its table" % name)
