"""The trainable tail: the last binary layers of a model learn from packed latent bits.

A mini-batch goes forward through the layers, each keeping one bit for an activation's sign and one
for the straight-through window, and backward as errors of a few bits. Batch norm stays frozen in
the thresholds.

Fixed point, with G = ``gbits - 1`` fractional bits:

* e, errors: ``gbits`` bits, Q(G) relative to the range of the head's weights. From the head,
  ``f = g . wf`` is shifted by ``qf - 1``; from a layer, ``d = e . w^T`` is shifted by half the
  bits of its fan-out, which keeps its variance.
* l, latent weights: Q7 in int8, or Q15 in int16 (``wide``); the weight is their sign.
* A step moves l by ``2^-(tail_lr + bits(positions) + bits(experience)) * sum(e * x)``, in steps of
  1/128: what comes later changes less, as in latent replay (Pellegrini et al., 1912.01100).
* The window is ``|acc - threshold| <= sqrt(fan-in)``: one standard deviation of a sum of random
  signs, which stands for the batch norm's, that thresholds do not keep.

Source: Vorabbi et al., 2401.09916, whose equations are our own here (see the arithmetic page).
"""

from array import array

from tinycl_rt import tcm
from tinycl_rt.config import BOP
from tinycl_rt.kernels import choose as kernel_sets
from tinycl_rt.lib.integers import bits, isqrt
from tinycl_rt.trainable import layers as depth

try:
    from micropython import const
except ImportError:  # CPython
    const = int

# Places in the geometry `p` of an operator.
_C = const(2)
_KH = const(3)
_KW = const(4)
_OC = const(11)


def _zeros(code, rows, n):
    """An array of zeros, which grows row by row: bytes to make it of would take its room twice."""
    row = array(code, bytes(2 * n))[:n]
    out = array(code)
    for _ in range(rows):
        out.extend(row)
    return out


_MOST_SHIFT = 24


class Layer:
    """A binary convolution whose weights learn: packed weights, latent weights, thresholds.

    Parameters
    ----------
    op : Operator
        Of the model, which stays as it is.
    config : Config

    Attributes
    ----------
    w : bytearray
        Signs of the latent weights: bits (out, rows, columns, words).
    latent : array('b') or array('h')
        Latent weights (out, rows, columns, in), Q7, or Q15 if ``wide``; for Bop the mean gradient.
    t : array('i')
        Thresholds on the accumulator, one a channel, or by position.
    half : int
        Half the straight-through window: ``isqrt(fan-in)``.
    rule : array('i')
        Numbers of a step: see ``reference.tail.bconv_update``.
    """

    def __init__(self, op, config):
        p = op.p
        taps, ci, oc = p[_KH] * p[_KW], p[_C], p[_OC]
        more = 8 * config.wide
        self.p = p
        self.w = bytearray(op.weights)
        self.t = array("i", op.table)
        self.latent = _zeros("h" if more else "b", taps * oc, ci)
        if config.rule != BOP:
            self._spread(taps * oc, ci, config.tail_margin << more)
        self.half = isqrt(taps * ci)
        self.back_shift = bits(taps * oc) // 2
        shift = depth.shift(p, config)
        # A step of a threshold counts as much as eight of latent weights.
        t_shift = max(1, shift + more - 3) if config.thresholds else 0
        limit = 32767 if more else 127
        margin = config.tail_margin << more
        step = config.tail_decay if config.rule == BOP else config.tail_step
        self.rule = array("i", (config.rule, shift, step, margin, limit, t_shift))
        self.trains_thresholds = config.thresholds

    def _spread(self, rows, channels, margin):
        """Latent weights as far from flipping as the margin says."""
        cb = tcm.words(channels)
        k = 0
        for row in range(rows):
            at = row * cb
            for c in range(channels):
                self.latent[k] = -margin if self.w[at + (c >> 3)] >> (c & 7) & 1 else margin
                k += 1

    def blocks(self):
        """What has been learned."""
        if not self.trains_thresholds:
            return [self.w, self.latent]
        return [self.w, self.latent, memoryview(self.t)[depth.first_threshold(self.p) :]]


class Tail:
    """The last ``config.depth`` binary layers of a model, and the memory to train them.

    Parameters
    ----------
    model : Model
    config : Config
    kernels : module
    rng : Rng

    Attributes
    ----------
    first : int
        Operator where the tail begins.
    latent_bytes : int
        Packed bits of the tail's input: what the replay memory holds.
    chain : list of (p, Layer or None, mask)
        The operators; those that do not learn pool bits.
    layers : list of Layer
    flips : int
        Weights that changed sign since the learner was made.
    """

    def __init__(self, model, config, kernels, rng):
        ops = depth.operators(model, config)
        self.first = len(model.operators) - 1 - len(ops)
        self._k = kernels
        self._kt = kernel_sets.tail(kernels)
        self._rng = rng.state
        n = config.replay_batch + 1
        self.chain = []
        for op in ops:
            model.source.fetch(op)
            if op.code == tcm.BCONV:
                layer = self._layer(op, config)
                self.chain.append((layer.p, layer, None))
            else:
                self.chain.append((op.p, None, self._mask(op)))
        self.layers = [layer for _, layer, _ in self.chain if layer]
        self._shifts = [layer.rule[1] for layer in self.layers]
        tensors = [model.tensors[ops[0].source]] + [model.tensors[op.target] for op in ops]
        self.latent_bytes = tensors[0].nbytes
        self._bits = [images(bytearray(n * t.nbytes), n) for t in tensors]
        self._inside = [
            images(bytearray(n * t.nbytes), n) if layer else None
            for t, (_, layer, _) in zip(tensors[1:], self.chain)
        ]
        self._shapes = [t.shape for t in tensors]
        sizes = [t.shape[0] * t.shape[1] * t.shape[2] for t in tensors]
        self._errors = [None] + self._error_buffers(n, sizes[1:])
        self._f = array("i", bytes(4 * model.features))
        self._d = array("i", bytes(4 * max(sizes[:-1])))
        widest = max(t.shape[2] for t in tensors)
        self._acc = array("i", bytes(4 * widest))
        self._row = array("i", bytes(4 * max(s.p[_C] * s.p[_KH] * s.p[_KW] for s in self.layers)))
        self._limit = (1 << (config.gbits - 1)) - 1
        self._head_shift = config.qf - 1
        self.flips = 0

    def _layer(self, op, config):
        return Layer(op, config)

    def _mask(self, op):
        return op.table

    def _error_buffers(self, n, sizes):
        return [images(array("b", bytes(n * size)), n) for size in sizes]

    def load(self, i, latent):
        """Put packed latent bits in place ``i`` of the mini-batch."""
        self._bits[0][1][i][:] = latent

    def run(self, latent):
        """Latent bits through the layers as they are now; the result is valid until the next."""
        self.load(0, latent)
        for i in range(len(self.chain)):
            p, layer, mask = self.chain[i]
            x, y = self._bits[i][1][0], self._bits[i + 1][1][0]
            if layer:
                self._k.bconv(p, x, layer.w, layer.t, y, self._acc)
            else:
                self._k.bpool(p, x, mask, y)
        return y

    def forward(self, n):
        """The first ``n`` samples of the mini-batch, keeping what the way back needs."""
        for i in range(len(self.chain)):
            p, layer, mask = self.chain[i]
            x, y = self._bits[i], self._bits[i + 1]
            if layer:
                inside = self._inside[i][0]
                self._kt.bconv_train(
                    p, n, x[0], layer.w, layer.t, layer.half, y[0], inside, self._acc
                )
            else:
                for b in range(n):
                    self._k.bpool(p, x[1][b], mask, y[1][b])

    def top(self, b):
        """Bits that leave the tail, of sample ``b`` of the mini-batch."""
        return self._bits[-1][1][b]

    def error(self, b, head, cells):
        """Take the error of sample ``b`` from the head, whose step is in progress."""
        head.backward(self._kt, self._f)
        inside = self._inside[-1]
        self._kt.unpool(
            cells,
            self._f,
            self._head_shift,
            self._limit,
            inside[1][b] if inside else None,
            self._errors[-1][1][b],
        )

    def decay_rate(self, experience):
        """Learn at the rate of an experience: half in 1, a quarter in 2 and 3, and so on."""
        for i in range(len(self.layers)):
            self.layers[i].rule[1] = min(_MOST_SHIFT, self._shifts[i] + bits(experience))

    def backward(self, n):
        """Errors of ``n`` samples down through the layers; each layer takes one step."""
        for i in range(len(self.chain) - 1, -1, -1):
            layer = self.chain[i][1]
            for b in range(n if i else 0):
                self._back(i, b, layer.back_shift if layer else 0)
            if layer:
                self._update(i, n, layer)

    def _back(self, i, b, shift):
        """The error of an operator's output becomes that of its input, sample ``b``."""
        p, layer, _ = self.chain[i]
        e, to = self._errors[i + 1][1][b], self._errors[i][1][b]
        below = self._inside[i - 1]
        inside = below[1][b] if below else None
        if not layer:
            x, y = self._bits[i][1][b], self._bits[i + 1][1][b]
            self._kt.bpool_back(p, x, y, e, inside, to)
            return
        h, w, c = self._shapes[i]
        self._kt.bconv_back(p, e, layer.w, self._d)
        self._kt.requantize(self._d, h * w, c, shift, self._limit, inside, to)

    def _update(self, i, n, layer):
        """A layer's weights take one step."""
        self.flips += self._kt.bconv_update(
            layer.p,
            n,
            self._bits[i][0],
            self._errors[i + 1][0],
            layer.latent,
            layer.w,
            layer.t,
            self._row,
            layer.rule,
            self._rng,
        )

    def blocks(self):
        """What has been learned, as buffers: for saving and restoring."""
        return [block for layer in self.layers for block in layer.blocks()]


def images(whole, n):
    """A buffer of ``n`` images and a view of each, made once."""
    view = memoryview(whole)
    size = len(view) // n
    return whole, [view[b * size : (b + 1) * size] for b in range(n)]
