"""The classifier head: CWR* with hybrid quantisation, in integers.

Fixed point (x features, w weights, fx = bits of ``feature_range``, D = number of features):

* x: int8 counts, real value x / 2^fx, within -1..1.
* w: int16 with q_b bits, real value ``w * 2^r / 2^(q_b - 1)``, within -2^r..2^r (``range_bits``).
  Forward uses wf, the q_f upper bits.
* logits: real value ``sum(w * x) / gain`` with ``gain`` the power of two next to ``sqrt(D)``, so
  that weights use their range whatever the number of features. One step is 1/16.
* g: softmax error, Q(gbits - 1).
* update: ``w -= 2^-lr_shift * g * x`` in units of 2^(r - q_b + 1).

Source: Lomonaco et al., 1907.03799 (CWR*); Vorabbi et al., 2308.15308 (two bit widths).
"""

from array import array

from tinycl_rt.config import NAIVE
from tinycl_rt.forward import NEVER, Forward
from tinycl_rt.lib.integers import bits, exp_table, isqrt


def keep_q15(past, cur):
    """Share of the old row in a consolidation, Q15: ``wpast / (wpast + 1)``.

    With ``wpast = sqrt(past / cur)`` this is ``sqrt(past) / (sqrt(past) + sqrt(cur))``.
    """
    p = isqrt(past << 20)
    c = isqrt(cur << 20)
    return ((p << 15) + ((p + c) >> 1)) // (p + c)


def range_bits(qb):
    """r: weights lie within -2^r..2^r.

    Within +-1 up to 18 % of the weights stood at their limit, and cost 1.5 points of accuracy;
    within +-4 the integers are within 0.2 points of float32. Few bits have no room for so much.
    """
    return 2 if qb >= 12 else 1


class Head(Forward):
    """Weights and buffers of a head that learns.

    Parameters
    ----------
    config : Config
    features : int
    feature_range : int
        Largest absolute feature.
    kernels : module
    rng : Rng

    Attributes
    ----------
    tw : array('h')
        Training weights, as ``cw`` of ``Forward``.
    past, cur : array('I')
        Samples of each class in closed experiences and in the open one.
    active : bytearray
        1 for the classes of the open experience.
    p : array('i')
        Numbers of ``step``, see ``reference.core.head_step``.
    """

    replays = True

    def __init__(self, config, features, feature_range, kernels, rng):
        from tinycl_rt.kernels import choose  # at the top, it would stay in memory

        n = config.classes
        self._kl = choose.cwr(kernels)  # before large arrays leave little room in one piece
        Forward.__init__(self, n, features, kernels)
        self.p = array("i", bytes(4 * 8))
        # A slice: another array of bytes would take its room twice until it is collected, where
        # the one above leaves room for this.
        self.tw = self.cw[:]
        self.past = array("I", bytes(4 * n))
        self.cur = array("I", bytes(4 * n))
        self.active = bytearray(n)
        self._g = array("h", bytes(2 * n))
        self._lut = exp_table()
        self._set(config, feature_range, rng)

    @property
    def nbytes(self):
        """Bytes of its large blocks."""
        return 4 * len(self.cw)

    def reset(self, config, feature_range, rng):
        """Forget everything, and go on with other settings for as many classes."""
        self._set(config, feature_range, rng)
        for block in (self.cw, self.tw, self.past, self.cur, self.active):
            for k in range(len(block)):
                block[k] = 0

    def _set(self, config, feature_range, rng):
        features = self.features
        self.naive = config.method == NAIVE
        self._rng = rng.state if config.stochastic else None
        self._limit = (1 << (config.qb - 1)) - 1
        self.scale(config)
        fx = bits(feature_range)
        r = range_bits(config.qb)
        # A step of 1/16 of a logit: Q(qf - 1 - r + fx) down to Q4, and the gain.
        logit_shift = max(0, config.qf - 1 - r + fx - 4 + (bits(features) - 1) // 2)
        # Q(gbits - 1) times Q(fx) times the learning rate, down to Q(qb - 1 - r).
        step_shift = config.gbits - 1 + fx + config.lr_shift - (config.qb - 1 - r)
        p = self.classes, features, self.wf_shift, self.wf_limit, logit_shift, config.gbits
        for i, value in enumerate(p + (step_shift, self._limit)):
            self.p[i] = value

    def predict(self, fresh):
        """The best class of the features in ``x``, of those that have samples.

        By consolidated weights, or with ``fresh`` by those that the open experience trains.
        """
        best, past, acc = self.scores(self.tw if fresh else self.cw), self.past, self.acc
        if past[best] or (fresh and self.cur[best]):
            return best
        taught = [j for j in range(self.classes) if past[j] or (fresh and self.cur[j])]
        for j in range(self.classes if taught else 0):
            if j not in taught:
                acc[j] = NEVER
            elif acc[j] > acc[best] or best not in taught:
                best = j
        return best

    def confidence(self, best):
        """Softmax's share of the class that the last ``scores`` returned, 0..255."""
        return self.share(best, self._lut, self.p[4])

    def known(self, best):
        """Whether the sample seems to be of a class that was taught: CWR* cannot tell."""
        return True

    def blocks(self, is_open):
        """What a state holds of a head beside consolidated weights and counts."""
        return [self.cur, self.active, self.tw] if is_open or self.naive else []

    def restored(self):
        """The blocks were filled from a state."""

    def begin(self, classes):
        """Open an experience with these classes; the others start from zero (CWR*)."""
        n, d = self.classes, self.features
        for j in range(n):
            self.active[j] = 0
            self.cur[j] = 0
        if not self.naive:
            for k in range(n * d):
                self.tw[k] = 0
        for j in classes:
            self._activate(j)

    def count(self, j):
        """A sample of a class is about to be learned."""
        self._activate(j)
        self.cur[j] += 1

    def _activate(self, j):
        """Let a class take part in the open experience."""
        if self.active[j]:
            return
        self.active[j] = 1
        if not self.naive:
            a, b = j * self.features, (j + 1) * self.features
            memoryview(self.tw)[a:b] = memoryview(self.cw)[a:b]  # a slice alone is a copy

    def step(self, label):
        """One step of gradient descent on the features in ``x``; returns the class seen before."""
        return self._kl.head_step(
            self.p, self.tw, self.x, self.acc, self._g, self._lut, self._rng, label
        )

    def error(self, label):
        """The first half of ``step``, up to the error; returns the class seen before."""
        best = self.scores(self.tw)
        n, _, _, _, logit_shift, gbits, _, _ = self.p
        self._kl.softmax_error(self.acc, self._lut, self._g, n, label, logit_shift, gbits)
        return best

    def backward(self, kernels, f):
        """Between the halves: the error of the features, ``array('i')``, Q(gbits + qf - 2 - r)."""
        n, d, shift, limit, _, _, _, _ = self.p
        kernels.head_back(self.tw, self._g, f, n, d, shift, limit)

    def update(self):
        """The second half of ``step``."""
        n, d, _, _, _, _, shift, limit = self.p
        self._kl.head_update(self.tw, self._g, self.x, n, d, shift, limit, self._rng)

    def end(self):
        """Consolidate: CWR* over the classes of the open experience (1907.03799)."""
        n, d = self.classes, self.features
        if self.naive:
            self.cw[:] = self.tw
        total, rows = 0, 0
        for j in range(n):
            if self.active[j] and self.cur[j]:
                total += self._kl.head_sum(self.tw, j, d)
                rows += 1
        if not rows:
            return
        # Mean over all entries, rounded half up.
        avg = (2 * total + rows * d) // (2 * rows * d)
        for j in range(n):
            if not (self.active[j] and self.cur[j]):
                continue
            if not self.naive:
                keep = keep_q15(self.past[j], self.cur[j])
                self._kl.head_merge(self.cw, self.tw, j, d, avg, keep, self._limit)
            self.past[j] += self.cur[j]
