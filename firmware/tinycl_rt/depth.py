"""How deep a configuration learns: which layers of a model form its tail, and what they take.

Only learners whose tail trains need this.
"""

from tinycl_rt import tcm
from tinycl_rt.head import bits


def first_layer(model, depth):
    """Index of the operator where a tail of ``depth`` binary layers begins.

    Raises
    ------
    ValueError
        The model does not end with a chain of so many binary convolutions.
    """
    operators = model.operators
    found, first = 0, len(operators) - 1
    for i in range(len(operators) - 2, -1, -1):
        op = operators[i]
        if op.target != operators[i + 1].source or op.code not in (tcm.BCONV, tcm.BPOOL):
            break
        kh, kw, sh, sw = op.p[3:7]
        if op.code == tcm.BPOOL and (sh < kh or sw < kw):
            break  # an error would belong to several windows
        if op.code == tcm.BCONV:
            found, first = found + 1, i
            if found == depth:
                return first
    raise ValueError(
        "tail:%d asks for %d binary layers, this model ends with %d that can learn"
        % (depth, depth, found)
    )


def operators(model, config):
    """The operators that form the tail of a configuration.

    Raises
    ------
    ValueError
        The model has no tail of that depth, or the learning rate has no integer form there.
    """
    ops = model.operators[first_layer(model, config.depth) : -1]
    for op in ops:
        if op.code == tcm.BCONV and shift(op.p, config) < 0:
            low = config.tail_lr - shift(op.p, config)
            raise ValueError("tail: expected tail_lr of at least %d" % low)
    return ops


def latent_bytes(model, config):
    """Bytes that the replay memory holds of a sample."""
    if not config.depth:
        return model.latent_bytes
    return model.tensors[operators(model, config)[0].source].nbytes


def state_bytes(model, config):
    """Bytes of each of ``Tail.blocks``."""
    sizes = []
    for op in operators(model, config):
        if op.code != tcm.BCONV:
            continue
        p = op.p
        taps = p[3] * p[4] * p[11]
        sizes += [taps * tcm.words(p[2]), taps * p[2] * (1 + config.wide)]
        if config.thresholds:
            sizes.append(4 * (len(op.table) - first_threshold(p)))
    return sizes


def first_threshold(p):
    """Entries of the table before its thresholds: places of the sets where there are several."""
    return p[9] + p[10] if p[12] == 2 else 0


def shift(p, config):
    """Bits that a gradient loses on its way into a latent weight."""
    return config.tail_lr + config.gbits - 8 + bits(p[9] * p[10]) - 8 * config.wide
