"""Full depth: every binary layer learns from scratch, with l1 batch norm, in integers.

A mini-batch goes forward with its own statistics and leaves three bits for each activation: its
sign, the straight-through window, and the side of the mean. Running statistics are folded into
the thresholds from which ``predict`` answers. On the way back an error passes the normalisation,
then the weights.

Errors are of ``gbits`` bits. What comes from above is shifted right by a number that each layer
keeps: one more after a mini-batch that reached the limit, one less after one that stayed below
half of it. So gradients are of the same size all through training.

Memory, with A activations and W weights in all, N the most accumulators of a channel: for each
sample of the mini-batch 3/8 A and the largest two layers' errors, 9/8 W (17/8 if wide), 2 N.

Source: Wang et al., 2102.04270 (see the arithmetic page).
"""

from array import array

from tinycl_rt import tcm
from tinycl_rt.config import BOP, SIGN
from tinycl_rt.kernels import choose as kernel_sets
from tinycl_rt.lib.integers import bits, isqrt
from tinycl_rt.trainable import layers as depth
from tinycl_rt.trainable.tail import Tail, images

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


_MOST_SHIFT = 24


class Layer:
    """A binary convolution that learns: weights, latent weights, normalisation.

    ``w``, ``latent`` and ``rule`` are those of ``tail.Layer``.

    Attributes
    ----------
    t : array('i')
        ``ceil(mu - beta * psi)`` of the running statistics: the threshold of ``predict``.
    psi : array('i')
        Mean distance from the mean in the last mini-batch, one a channel, Q4.
    norm : array('i')
        For each channel beta (Q7), then running mu, then running psi (Q12); last the shift of the
        errors that come from above.
    """

    def __init__(self, op, config, kernels, rng):
        p = array("i", op.p)
        if p[_PAD] == 2:
            p[_PAD] = 1  # one threshold a channel: nothing of the model's is left
        self.p = p
        taps, ci, oc = p[_KH] * p[_KW], p[_C], p[_OC]
        terms = taps * ci
        more = 8 * config.wide
        limit = 32767 if more else 127
        margin = config.tail_margin << more
        self.w = bytearray(oc * taps * tcm.words(ci))
        self.latent = array("h" if more else "b", bytes(terms * oc * (2 if more else 1)))
        kernels.init_weights(p, self.w, self.latent, margin, rng)
        if config.rule == BOP:
            for k in range(terms * oc):
                self.latent[k] = 0
        self.t = array("i", bytes(4 * oc))
        self.psi = array("i", bytes(4 * oc))
        # beta, running means of mu and psi (Q12), the shift of errors that come from above
        self.norm = array("i", bytes(4 * (3 * oc + 1)))
        for c in range(oc):
            self.norm[2 * oc + c] = isqrt(terms) << 12
        self.base = 0
        self.back_shift = bits(taps * oc) // 2
        step = config.tail_step << more if config.rule == SIGN else config.tail_decay
        shift = depth.full_shift(p, config)
        self.rule = array("i", (config.rule, shift, step, margin, limit, 0))

    def blocks(self):
        """What has been learned."""
        return [self.w, self.latent, self.t, self.norm]


class Full(Tail):
    """All binary layers of a model, and the memory to train them.

    Parameters and attributes are those of ``Tail``.
    """

    def __init__(self, model, config, kernels, rng):
        self._kf = kernel_sets.full(kernels)
        self._several = False
        self._beta_step = config.thresholds
        super().__init__(model, config, kernels, rng)
        n = config.replay_batch + 1
        most = max(layer.p[_OH] * layer.p[_OW] for layer in self.layers)
        self._sums = array("h", bytes(2 * n * most))
        self._above, self._below = [], []
        below = None
        for i in range(len(self.chain)):
            layer = self.chain[i][1]
            self._above.append(bytearray(len(self._bits[i + 1][0])) if layer else None)
            self._below.append(below)
            below = layer or below
            if layer and self._below[i]:
                self._below[i].norm[-1] = layer.back_shift
        below.norm[-1] = self._head_shift

    def _layer(self, op, config):
        return Layer(op, config, self._kf, self._rng)

    def _mask(self, op):
        return bytes(len(op.table))

    def _error_buffers(self, n, sizes):
        """Errors of one layer and of the next below are all that live at a time."""
        two = [memoryview(array("b", bytes(n * max(sizes[k::2] or [0])))) for k in (0, 1)]
        return [images(two[k & 1][: n * sizes[k]], n) for k in range(len(sizes))]

    def forward(self, n):
        """The first ``n`` samples; one alone has no statistics and goes as in ``run``."""
        self._several = n > 1
        if n == 1:
            self.run(self._bits[0][1][0])
            return
        for i in range(len(self.chain)):
            p, layer, mask = self.chain[i]
            x, y = self._bits[i], self._bits[i + 1]
            if not layer:
                for b in range(n):
                    self._k.bpool(p, x[1][b], mask, y[1][b])
                continue
            layer.base = self._kf.norm_forward(
                p,
                n,
                x[0],
                layer.w,
                layer.norm,
                layer.t,
                layer.psi,
                y[0],
                self._inside[i][0],
                self._above[i],
                self._sums,
            )

    def error(self, b, head, cells):
        """Take the error of sample ``b`` from the head, whose step is in progress."""
        if self._several:
            self._head_shift = self.layers[-1].norm[-1]
            super().error(b, head, cells)

    def backward(self, n):
        """Errors of ``n`` samples down through the layers; each layer takes one step."""
        for i in range(len(self.chain) - 1 if self._several else -1, -1, -1):
            layer = self.chain[i][1]
            if layer:
                self._normalise(i, n, layer)
            for b in range(n if i else 0):
                self._back(i, b, self._below[i].norm[-1])
            if layer:
                self._update(i, n, layer)

    def _normalise(self, i, n, layer):
        """Errors of the normalised sums become errors of the sums."""
        peak = self._kf.norm_back(
            layer.p,
            n,
            self._errors[i + 1][0],
            self._above[i],
            layer.psi,
            layer.norm,
            layer.base,
            self._beta_step,
            self._limit,
        )
        shift = layer.norm[-1]
        if peak >= self._limit:
            layer.norm[-1] = min(shift + 1, _MOST_SHIFT)
        elif 0 < 2 * peak <= self._limit:
            layer.norm[-1] = max(shift - 1, 0)
