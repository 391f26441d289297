"""Carry out one real-valued operator with a kernel set."""

from tinycl_rt import tcm


def step(k, op, x, z, y, acc):
    """Run an operator.

    Parameters
    ----------
    k : module
        As ``tinycl_rt.kernels.choose.floats`` chooses it.
    op : tinycl_rt.model.loader.Operator
    x, z, y
        Memory of its input, of its second input where it has one, and of its output.
    acc : array('i')
        Scratch memory, one entry a channel.
    """
    code = op.code
    if code == tcm.FLOAT_BCONV:
        k.bconv(op.p, x, op.weights, op.table, y, acc)
    elif code == tcm.FLOAT_COMBINE:
        k.combine(op.p, x, z, y)
    elif code == tcm.FLOAT_SIGN:
        k.sign(op.p, x, y)
    elif code == tcm.FLOAT_SCALE:
        k.scale(op.p, x, op.table, y)
    elif code == tcm.FLOAT_CONV:
        k.conv(op.p, x, op.weights, op.table, y)
    elif code == tcm.FLOAT_DEPTHWISE:
        k.depthwise(op.p, x, op.weights, op.table, y)
    elif code == tcm.FLOAT_MAX:
        k.max_pool(op.p, x, y)
    elif code == tcm.FLOAT_MEAN:
        k.mean_pool(op.p, x, y)
    elif code == tcm.FLOAT_BITS:
        k.unsign(op.p, x, y)
    elif code == tcm.FLOAT_PIXELS:
        k.pixels(op.p, x, y)
    elif code == tcm.FLOAT_PAD:
        k.pad(op.p, x, y)
    else:
        k.softmax(op.p, x, y)
