"""How deep a configuration learns: which layers of a model form its tail, and what they take.

Only learners whose tail trains need this. At full depth the tail is all binary layers.
"""

import gc

from tinycl_rt import tcm
from tinycl_rt.config import FULL
from tinycl_rt.lib.integers import bits

try:
    from micropython import const
except ImportError:  # CPython
    const = int

# Places in the geometry `p` of an operator.
_C = const(2)
_KH = const(3)
_KW = const(4)
_OH = const(9)
_OW = const(10)
_OC = const(11)
_PAD = const(12)

_CODE = 16384  # bytes, at most, of a head's code, which may go too
_MOST_TERMS = 32767  # of a sum, at full depth: int16
_MOST_SUMS = 1 << 27  # sums of a channel times terms: means in Q4 stay within 32 bits


def first_layer(model, depth):
    """Index of the operator where a tail of ``depth`` binary layers begins.

    Raises
    ------
    ValueError
        The model does not end with a chain of so many binary convolutions.
    """
    operators = model.operators
    if depth == FULL:
        return _first_of_all(operators)
    found, first = 0, len(operators) - 1
    for i in range(len(operators) - 2, -1, -1):
        if not _learns(operators, i):
            break
        if operators[i].code == tcm.BCONV:
            found, first = found + 1, i
            if found == depth:
                return first
    raise ValueError(
        "tail:%d asks for %d binary layers, this model ends with %d that can learn"
        % (depth, depth, found)
    )


def _learns(operators, i):
    """Whether an error finds its way back through an operator."""
    op = operators[i]
    if op.target != operators[i + 1].source or op.code not in (tcm.BCONV, tcm.BPOOL):
        return False
    kh, kw, sh, sw = op.p[3:7]
    # Through windows that overlap it would belong to several.
    return op.code == tcm.BCONV or (sh >= kh and sw >= kw)


def _first_of_all(operators):
    """The first binary layer, behind which all learns."""
    for i in range(1, len(operators) - 1):
        op = operators[i]
        if op.code == tcm.BCONV:
            if all(_learns(operators, k) for k in range(i, len(operators) - 1)):
                return i
            break
        if op.code != tcm.BPOOL:
            break
    raise ValueError("full: this model is no chain of binary layers, which all could learn")


def operators(model, config):
    """The operators that form the tail of a configuration.

    Raises
    ------
    ValueError
        The model has no tail of that depth, or the learning rate has no integer form there.
    """
    ops = model.operators[first_layer(model, config.depth) : -1]
    if config.depth == FULL:
        _check_sums(ops, config)
        return ops
    for op in ops:
        _check_shift(shift(op.p, config) if op.code == tcm.BCONV else 0, config)
    return ops


def _check_shift(shift, config):
    if shift < 0:
        raise ValueError("tail: expected tail_lr of at least %d" % (config.tail_lr - shift))


def _check_sums(ops, config):
    n = config.replay_batch + 1
    if n < 2:
        raise ValueError("full: expected a replay_batch of at least 1, for mini-batches")
    for op in ops:
        if op.code != tcm.BCONV:
            continue
        _check_shift(full_shift(op.p, config), config)
        terms = op.p[_C] * op.p[_KH] * op.p[_KW]
        most = (_MOST_SUMS - 1) // (op.p[_OH] * op.p[_OW] * terms)
        if terms > _MOST_TERMS or n > most:
            raise ValueError(
                "full: a layer sums %d terms, expected at most %d, and a replay_batch below %d"
                % (terms, _MOST_TERMS, most)
            )


def latent_bytes(model, config):
    """Bytes that the replay memory holds of a sample."""
    if not config.depth:
        return model.latent_bytes
    return model.tensors[operators(model, config)[0].source].nbytes


def check_room(learner, config):
    """Refuse a depth that finds no place, before what the learner has is touched.

    Returns
    -------
    int
        Bytes that the replay memory holds of a sample.

    Raises
    ------
    ValueError
        The model has no tail of that depth.
    MemoryError
        Its buffers take more than is free and than the learner gives up.
    """
    model = learner.model
    nbytes = latent_bytes(model, config)
    if hasattr(gc, "mem_free"):
        gc.collect()
        room = gc.mem_free() + _CODE
        if learner.head:
            room += learner.head.nbytes + learner.replay.slots * learner.replay.latent_bytes
        if learner.tail:
            room += buffer_bytes(model, learner.config)
        if buffer_bytes(model, config) > room:
            raise too_deep(model, config)
    return nbytes


def too_deep(model, config):
    """The error for a depth whose buffers find no place."""
    name = "full" if config.depth == FULL else "tail:%d" % config.depth
    return MemoryError(
        "%s learns with %d bytes of heap beside head and replay memory: too many"
        % (name, buffer_bytes(model, config))
    )


def state_bytes(model, config):
    """Bytes of each of ``Tail.blocks`` or ``Full.blocks``."""
    sizes = []
    for op in operators(model, config):
        if op.code != tcm.BCONV:
            continue
        p = op.p
        taps = p[_KH] * p[_KW] * p[_OC]
        sizes += [taps * tcm.words(p[_C]), taps * p[_C] * (1 + config.wide)]
        if config.depth == FULL:
            sizes += [4 * p[_OC], 4 * (3 * p[_OC] + 1)]
        elif config.thresholds:
            sizes.append(4 * (len(op.table) - first_threshold(p)))
    return sizes


def buffer_bytes(model, config):
    """Bytes of all buffers that a ``Tail`` or ``Full`` makes: what it learns, and what for."""
    ops = operators(model, config)
    n, deepest = config.replay_batch + 1, config.depth == FULL
    tensors = [model.tensors[op.target] for op in ops]
    sizes = [t.shape[0] * t.shape[1] * t.shape[2] for t in tensors]
    x = model.tensors[ops[0].source]
    total = sum(state_bytes(model, config)) + 4 * model.features + n * x.nbytes
    fan_in = positions = 0
    for op, t in zip(ops, tensors):
        total += n * t.nbytes
        if op.code == tcm.BCONV:
            p = op.p
            total += (2 if deepest else 1) * n * t.nbytes  # windows; sides
            fan_in = max(fan_in, p[_C] * p[_KH] * p[_KW])
            positions = max(positions, p[_OH] * p[_OW])
            if deepest:
                total += 4 * p[_OC]
            else:
                total += 4 * (first_threshold(p) if config.thresholds else len(op.table))
    if deepest:
        errors = max(sizes[::2]) + max(sizes[1::2] or [0])
        total += 2 * n * positions
    else:
        errors = sum(sizes)
    largest = max([x.shape[0] * x.shape[1] * x.shape[2]] + sizes[:-1])  # noqa: RUF005
    widest = max([x.shape[2]] + [t.shape[2] for t in tensors])  # noqa: RUF005
    return total + n * errors + 4 * (largest + widest + fan_in)


def first_threshold(p):
    """Entries of the table before its thresholds: places of the sets where there are several."""
    return p[_OH] + p[_OW] if p[_PAD] == 2 else 0


def shift(p, config):
    """Bits that a gradient loses on its way into a latent weight."""
    return config.tail_lr + config.gbits - 8 + bits(p[_OH] * p[_OW]) - 8 * config.wide


def full_shift(p, config):
    """The same at full depth, where gradients are sums over a mini-batch of errors of one size."""
    return shift(p, config) + bits(config.replay_batch + 1) // 2
